// `Buffer`: bytes with encodings.
export default (host, part) => {
  const { binary, encode, toBase64, fromBase64, atob, btoa } = part('encoding');
  const names = {
    utf8: 'utf8', 'utf-8': 'utf8', hex: 'hex', base64: 'base64', base64url: 'base64url', ascii: 'ascii',
    latin1: 'latin1', binary: 'latin1', ucs2: 'utf16le', 'ucs-2': 'utf16le', utf16le: 'utf16le', 'utf-16le': 'utf16le',
  };
  const encodingOf = (name) => {
    const known = names[String(name ?? 'utf8').toLowerCase()];
    if (!known) throw Object.assign(new TypeError(`Unknown encoding: ${name}`), { code: 'ERR_UNKNOWN_ENCODING' });
    return known;
  };
  const codes = (text) => Uint8Array.from({ length: text.length }, (_, at) => text.charCodeAt(at) & 255);
  const read = {
    utf8: encode,
    latin1: codes,
    ascii: codes,
    base64: fromBase64,
    base64url: fromBase64,
    hex: (text) => {
      const whole = /^(?:[0-9a-f]{2})*/i.exec(text)[0];
      return Uint8Array.from({ length: whole.length / 2 }, (_, at) => Number.parseInt(whole.slice(2 * at, 2 * at + 2), 16));
    },
    utf16le: (text) => Uint8Array.from({ length: 2 * text.length }, (_, at) => (text.charCodeAt(at >> 1) >> (8 * (at & 1))) & 255),
  };
  const written = {
    utf8: (bytes) => host.text(binary(bytes), false),
    latin1: binary,
    ascii: (bytes) => binary(bytes.map((byte) => byte & 127)),
    base64: (bytes) => toBase64(bytes),
    base64url: (bytes) => toBase64(bytes, true),
    hex: (bytes) => Array.prototype.map.call(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
    utf16le: (bytes) => {
      let text = '';
      for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(bytes[at] | (bytes[at + 1] << 8));
      return text;
    },
  };
  const plain = (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const wrapped = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = (value) => (value === null ? 'null' : Array.isArray(value) ? 'an instance of Array' : `type ${typeof value}`);
  const wrong = (value) => Object.assign(
    new TypeError(`The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received ${kind(value)}`),
    { code: 'ERR_INVALID_ARG_TYPE' },
  );
  const compare = (one, other) => {
    for (let at = 0; at < Math.min(one.length, other.length); at += 1) {
      if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
    }
    return Math.sign(one.length - other.length);
  };
  const bytesOf = (value, encoding) => (typeof value === 'string' ? read[encodingOf(encoding)](value) : value);

  class Buffer extends Uint8Array {
    static from(value, encoding, length) {
      if (typeof value === 'string') return wrapped(read[encodingOf(encoding)](value));
      if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
      if (value === null || (typeof value !== 'object' && typeof value !== 'function')) throw wrong(value);
      if (value.type === 'Buffer' && Array.isArray(value.data)) return wrapped(Uint8Array.from(value.data, (item) => item & 255));
      if (ArrayBuffer.isView(value) || Array.isArray(value) || typeof value.length === 'number') return wrapped(Uint8Array.from(value, (item) => item & 255));
      const inner = value.valueOf?.();
      if (inner !== undefined && inner !== null && inner !== value) return Buffer.from(inner, encoding, length);
      throw wrong(value);
    }
    static of(...items) { return Buffer.from(items); }
    static alloc(size, fill, encoding) {
      if (typeof size !== 'number' || !(size >= 0)) throw Object.assign(new RangeError(`The value of "size" is out of range. Received ${size}`), { code: 'ERR_OUT_OF_RANGE' });
      const made = new Buffer(size);
      return fill === undefined || fill === 0 ? made : made.fill(fill, encoding);
    }
    static allocUnsafe(size) { return Buffer.alloc(size); }
    static isBuffer(value) { return value instanceof Buffer; }
    static isEncoding(name) { return typeof name === 'string' && name.toLowerCase() in names; }
    static byteLength(value, encoding) {
      if (typeof value === 'string') {
        // Without reading it, Node.js says what well-formed text would have.
        const known = encodingOf(encoding);
        if (known === 'hex') return value.length >> 1;
        if (known.startsWith('base64')) return (value.replace(/={1,2}$/, '').length * 3) >> 2;
        return read[known](value).length;
      }
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
      throw wrong(value);
    }
    static concat(list, length) {
      const whole = length ?? list.reduce((sum, each) => sum + each.length, 0);
      const made = new Buffer(whole);
      let at = 0;
      for (const each of list) {
        if (at >= whole) break;
        made.set(each.subarray(0, whole - at), at);
        at += each.length;
      }
      return made;
    }
    static compare(one, other) { return compare(one, other); }

    get parent() { return this.buffer; }
    get offset() { return this.byteOffset; }
    toString(encoding, start = 0, end = this.length) { return written[encodingOf(encoding)](plain(this).subarray(start, Math.max(start, end))); }
    toLocaleString(encoding) { return this.toString(encoding); }
    toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
    equals(other) { return compare(this, other) === 0; }
    compare(other) { return compare(this, other); }
    slice(start, end) { return this.subarray(start, end); }
    copy(target, at = 0, start = 0, end = this.length) {
      const part = plain(this).subarray(start, Math.min(end, start + target.length - at));
      target.set(part, at);
      return part.length;
    }
    write(text, ...rest) {
      const encoding = typeof rest.at(-1) === 'string' ? rest.pop() : 'utf8';
      const [at = 0, most = this.length - at] = rest;
      let bytes = read[encodingOf(encoding)](text).subarray(0, Math.min(most, this.length - at));
      // No half of a symbol is written.
      if (encodingOf(encoding) === 'utf8') while (bytes.length && encode(host.text(binary(bytes), false)).length !== bytes.length) bytes = bytes.subarray(0, -1);
      this.set(bytes, at);
      return bytes.length;
    }
    fill(value, start = 0, end = this.length, encoding = 'utf8') {
      if (typeof start === 'string') [start, end, encoding] = [0, this.length, start];
      if (typeof value !== 'string' && !ArrayBuffer.isView(value)) { super.fill(value & 255, start, end); return this; }
      const bytes = bytesOf(value, encoding);
      for (let at = start; at < end; at += 1) this[at] = bytes.length ? bytes[(at - start) % bytes.length] : 0;
      return this;
    }
    indexOf(value, from = 0, encoding = 'utf8') {
      if (typeof from === 'string') [from, encoding] = [0, from];
      if (typeof value === 'number') return super.indexOf(value & 255, from);
      const wanted = bytesOf(value, encoding);
      const first = from < 0 ? Math.max(0, this.length + from) : from;
      for (let at = first; at + wanted.length <= this.length; at += 1) {
        if (wanted.every((byte, index) => this[at + index] === byte)) return at;
      }
      return -1;
    }
    includes(value, from, encoding) { return this.indexOf(value, from, encoding) !== -1; }
    [Symbol.for('nodejs.util.inspect.custom')]() {
      const shown = written.hex(plain(this).subarray(0, 50)).replace(/..(?=.)/g, '$& ');
      const left = this.length - 50;
      return `<Buffer ${shown}${left > 0 ? ` ... ${left} more byte${left > 1 ? 's' : ''}` : ''}>`;
    }
  }
  const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const numbers = [
    ['Int8', 'Int8', 1], ['Uint8', 'UInt8', 1], ['Int16', 'Int16', 2], ['Uint16', 'UInt16', 2], ['Int32', 'Int32', 4], ['Uint32', 'UInt32', 4],
    ['Float32', 'Float', 4], ['Float64', 'Double', 8], ['BigInt64', 'BigInt64', 8], ['BigUint64', 'BigUInt64', 8],
  ];
  for (const [type, name, size] of numbers) {
    for (const order of size === 1 ? [''] : ['LE', 'BE']) {
      const define = (key, value) => Object.defineProperty(Buffer.prototype, key, { value, writable: true, configurable: true });
      define(`read${name}${order}`, function (at = 0) { return view(this)[`get${type}`](at, order === 'LE'); });
      define(`write${name}${order}`, function (value, at = 0) { view(this)[`set${type}`](at, value, order === 'LE'); return at + size; });
    }
  }
  return { Buffer, atob, btoa, constants: { MAX_LENGTH: 2 ** 32 }, kMaxLength: 2 ** 32 };
};
