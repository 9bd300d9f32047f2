// `crypto`, as far as it is hashes and random values. The random ones follow from the id of the invocation, so that a run
// with the same seed repeats them: they are no secrets.
export default (host, part) => {
  const { binary, encode } = part('encoding');
  const { Buffer } = part('buffer');
  const kinds = { md5: ['MD5', 64], sha1: ['SHA-1', 64], sha256: ['SHA-256', 64], sha384: ['SHA-384', 128], sha512: ['SHA-512', 128] };
  const kindOf = (name) => {
    const known = kinds[String(name).toLowerCase().replace(/^(?:rsa-)?sha-/, 'sha')];
    if (!known) throw Object.assign(new Error(`Digest method not supported: ${name}; here are ${Object.keys(kinds).join(', ')}`), { code: 'ERR_OSSL_EVP_UNSUPPORTED' });
    return known;
  };
  const bytesOf = (data, encoding) => {
    if (typeof data === 'string') return Buffer.from(data, encoding === 'buffer' ? 'utf8' : encoding);
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    throw Object.assign(new TypeError(`The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${part('inspect').inspect(data)}`), { code: 'ERR_INVALID_ARG_TYPE' });
  };
  const digest = (algorithm, parts) => Buffer.from(host.digest(algorithm, parts.map(binary).join('')), 'hex');
  const told = (bytes, encoding) => (encoding === undefined || encoding === 'buffer' ? bytes : bytes.toString(encoding));

  class Hash {
    #algorithm;
    #finish;
    #parts;
    #isOver = false;
    constructor(algorithm, parts, finish) { this.#algorithm = algorithm; this.#parts = parts; this.#finish = finish; }
    update(data, encoding) {
      if (this.#isOver) throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
      // A copy: the bytes may change before they are hashed.
      this.#parts.push(Uint8Array.from(bytesOf(data, encoding)));
      return this;
    }
    digest(encoding) {
      if (this.#isOver) throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
      this.#isOver = true;
      return told(this.#finish(digest(this.#algorithm, this.#parts)), encoding);
    }
    copy() { return new Hash(this.#algorithm, [...this.#parts], this.#finish); }
  }
  const createHash = (name) => new Hash(kindOf(name)[0], [], (bytes) => bytes);
  const createHmac = (name, key) => {
    const [algorithm, size] = kindOf(name);
    const given = bytesOf(key);
    const padded = new Uint8Array(size);
    padded.set(given.length > size ? digest(algorithm, [given]) : given);
    const outer = padded.map((byte) => byte ^ 0x5c);
    return new Hash(algorithm, [padded.map((byte) => byte ^ 0x36)], (inner) => digest(algorithm, [outer, inner]));
  };

  const random = (count) => {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 32) {
      const block = Buffer.from(host.digest('SHA-256', host.nextSeed()), 'hex');
      bytes.set(block.subarray(0, count - at), at);
    }
    return bytes;
  };
  const randomUUID = () => {
    const bytes = random(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return Buffer.from(bytes).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  };
  const getRandomValues = (array) => {
    if (!ArrayBuffer.isView(array)) throw new TypeError('The data argument must be an integer-type TypedArray');
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(random(array.byteLength));
    return array;
  };
  const answered = (callback, value) => { if (callback) process.nextTick(callback, null, value); return callback ? undefined : value; };
  const randomInt = (...args) => {
    const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    const [low, high] = args.length > 1 ? args : [0, args[0]];
    if (!(high > low)) throw Object.assign(new RangeError(`The value of "max" is out of range. It must be greater than the value of "min" (${low}). Received ${high}`), { code: 'ERR_OUT_OF_RANGE' });
    const drawn = random(7).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 56;
    return answered(callback, low + Math.min(high - low - 1, Math.floor(drawn * (high - low))));
  };
  const timingSafeEqual = (one, other) => {
    const [left, right] = [bytesOf(one), bytesOf(other)];
    if (left.length !== right.length) throw Object.assign(new RangeError('Input buffers must have the same byte length'), { code: 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH' });
    return left.every((byte, at) => byte === right[at]);
  };
  const subtle = {
    async digest(algorithm, data) {
      const bytes = digest(kindOf(algorithm?.name ?? algorithm)[0], [bytesOf(data)]);
      return Uint8Array.from(bytes).buffer;
    },
  };

  const webcrypto = { randomUUID, getRandomValues, subtle };
  return {
    createHash, createHmac, randomUUID, getRandomValues, randomInt, timingSafeEqual, subtle, webcrypto,
    randomBytes: (count, callback) => answered(callback, Buffer.from(random(count))),
    getHashes: () => Object.keys(kinds),
    hash: (name, data, encoding = 'hex') => told(createHash(name).update(data).digest(), encoding),
  };
};
