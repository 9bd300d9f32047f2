// `TextEncoder`, `TextDecoder`, `atob` and `btoa`.
export default (host) => {
  // How Rust is given bytes: one character for each of them.
  const binary = (bytes) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
    return text;
  };
  const bytesOf = (data) => {
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const error = new TypeError('The "input" argument must be an instance of ArrayBuffer or ArrayBufferView.');
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
  };
  const encode = (text) => host.utf8(String(text).toWellFormed());

  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return encode(text); }
    encodeInto(text, into) {
      let [read, written] = [0, 0];
      for (const symbol of String(text)) {
        const bytes = encode(symbol);
        if (written + bytes.length > into.length) break;
        into.set(bytes, written);
        written += bytes.length;
        read += symbol.length;
      }
      return { read, written };
    }
  }

  const labels = ['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'];
  // How many bytes at the end are the beginning of a symbol.
  const unfinished = (bytes) => {
    for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
      const byte = bytes[bytes.length - back];
      if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
      if (byte < 0x80) return 0;
    }
    return 0;
  };
  class TextDecoder {
    #fatal;
    #keepsMark;
    #held = new Uint8Array();
    #begun = false;
    constructor(label = 'utf-8', options = {}) {
      if (!labels.includes(String(label).trim().toLowerCase())) {
        const error = new RangeError(`The "${label}" encoding is not supported: only utf-8 is here`);
        throw Object.assign(error, { code: 'ERR_ENCODING_NOT_SUPPORTED' });
      }
      this.#fatal = Boolean(options?.fatal);
      this.#keepsMark = Boolean(options?.ignoreBOM);
    }
    get encoding() { return 'utf-8'; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#keepsMark; }
    decode(data = new Uint8Array(), { stream = false } = {}) {
      const given = bytesOf(data);
      let bytes = new Uint8Array(this.#held.length + given.length);
      bytes.set(this.#held);
      bytes.set(given, this.#held.length);
      const left = stream ? unfinished(bytes) : 0;
      this.#held = bytes.slice(bytes.length - left);
      bytes = bytes.subarray(0, bytes.length - left);
      const text = host.text(binary(bytes), this.#fatal);
      if (text === null || text === undefined) {
        this.#held = new Uint8Array();
        throw Object.assign(new TypeError('The encoded data was not valid for encoding utf-8'), { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' });
      }
      const isFirst = !this.#begun;
      this.#begun = stream && (this.#begun || bytes.length > 0);
      return isFirst && !this.#keepsMark && text.startsWith('\ufeff') ? text.slice(1) : text;
    }
  }

  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const toBase64 = (bytes, isUrl = false) => {
    const digits = alphabet + (isUrl ? '-_' : '+/');
    let text = '';
    for (let at = 0; at < bytes.length; at += 3) {
      const [a, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
      text += digits[a >> 2] + digits[((a & 3) << 4) | ((b ?? 0) >> 4)];
      if (b !== undefined) text += digits[((b & 15) << 2) | ((c ?? 0) >> 6)];
      if (c !== undefined) text += digits[c & 63];
    }
    return isUrl ? text : text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  };
  // As Node.js reads it: both alphabets, whatever else passed over, the first `=` is the end.
  const fromBase64 = (text) => {
    const bytes = [];
    let [bits, count] = [0, 0];
    for (const symbol of text) {
      if (symbol === '=') break;
      const digit = symbol === '-' || symbol === '+' ? 62 : symbol === '_' || symbol === '/' ? 63 : alphabet.indexOf(symbol);
      if (digit < 0) continue;
      bits = ((bits << 6) | digit) & 0xffffff;
      count += 6;
      if (count >= 8) { count -= 8; bytes.push((bits >> count) & 255); }
    }
    return Uint8Array.from(bytes);
  };
  const invalid = (message) => Object.assign(new Error(message), { name: 'InvalidCharacterError', code: 5 });
  const btoa = (data) => {
    const text = String(data);
    if (/[^\u0000-\u00ff]/.test(text)) throw invalid('Invalid character');
    return toBase64(Uint8Array.from(text, (symbol) => symbol.charCodeAt(0)));
  };
  const atob = (data) => {
    const text = String(data).replace(/[\t\n\f\r ]/g, '').replace(/^([^=]*[^=]{2})={1,2}$/, (whole, inner) => (whole.length % 4 === 0 ? inner : whole));
    if (!/^[A-Za-z0-9+/]*$/.test(text) || text.length % 4 === 1) throw invalid('The string to be decoded is not correctly encoded.');
    return binary(fromBase64(text));
  };

  return { TextEncoder, TextDecoder, atob, btoa, binary, encode, toBase64, fromBase64 };
};
