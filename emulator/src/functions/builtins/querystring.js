// `querystring`.
export default (host, part) => {
  const unescape = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      const { Buffer } = part('buffer');
      return Buffer.from(text.replace(/[^%]+|%(?:[0-9a-f]{2})?/gi, (piece) => (/^%../.test(piece) ? piece.slice(1) : Buffer.from(piece).toString('hex'))), 'hex').toString();
    }
  };
  const escape = (text) => encodeURIComponent(String(text).toWellFormed());
  const written = (value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
    return typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : '';
  };
  const parse = (text, separator = '&', equals = '=', options = {}) => {
    const found = Object.create(null);
    if (typeof text !== 'string' || text === '') return found;
    const most = options?.maxKeys ?? 1000;
    const decode = options?.decodeURIComponent ?? querystring.unescape;
    const read = (part) => decode(part.replaceAll('+', ' '));
    const pairs = text.split(separator);
    for (const pair of most > 0 ? pairs.slice(0, most) : pairs) {
      if (pair === '') continue;
      const at = pair.indexOf(equals);
      const key = read(at < 0 ? pair : pair.slice(0, at));
      const value = at < 0 ? '' : read(pair.slice(at + equals.length));
      if (!(key in found)) found[key] = value;
      else if (Array.isArray(found[key])) found[key].push(value);
      else found[key] = [found[key], value];
    }
    return found;
  };
  const stringify = (object, separator = '&', equals = '=', options = {}) => {
    if (object === null || typeof object !== 'object') return '';
    const encode = options?.encodeURIComponent ?? querystring.escape;
    const one = (key, value) => `${encode(key)}${equals}${encode(written(value))}`;
    return Object.keys(object)
      .flatMap((key) => (Array.isArray(object[key]) ? object[key].map((value) => one(key, value)) : [one(key, object[key])]))
      .join(separator);
  };
  const querystring = { parse, stringify, escape, unescape, decode: parse, encode: stringify };
  return querystring;
};
