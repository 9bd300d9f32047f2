// Deep equality, as `util.isDeepStrictEqual` and `assert` mean it.
export default () => {
  const tagOf = (value) => Object.prototype.toString.call(value);
  const keysOf = (value) => [
    ...Object.keys(value),
    ...Object.getOwnPropertySymbols(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key)),
  ];
  const isObject = (value) => typeof value === 'object' && value !== null;

  const equal = (one, other, isStrict, pairs = []) => {
    if (isStrict ? Object.is(one, other) : one == other || (one !== one && other !== other)) return true; // eslint-disable-line eqeqeq
    if (!isObject(one) || !isObject(other)) return false;
    if (tagOf(one) !== tagOf(other) || Array.isArray(one) !== Array.isArray(other)) return false;
    if (isStrict && Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
    // What refers to itself is equal if it is so in the same place.
    if (pairs.some(([left, right]) => left === one && right === other)) return true;
    const within = [...pairs, [one, other]];
    const same = (left, right) => equal(left, right, isStrict, within);

    if (one instanceof Date && one.getTime() !== other.getTime()) return false;
    if (one instanceof RegExp && (String(one) !== String(other) || one.lastIndex !== other.lastIndex)) return false;
    if (one instanceof Error && (one.message !== other.message || one.name !== other.name || !same(one.cause, other.cause))) return false;
    if ([Number, String, Boolean, Symbol, BigInt].some((kind) => one instanceof kind) && !Object.is(one.valueOf(), other.valueOf())) return false;
    if (one instanceof ArrayBuffer && !same(new Uint8Array(one), new Uint8Array(other))) return false;
    if (one instanceof DataView && !same(one.buffer.slice(one.byteOffset, one.byteOffset + one.byteLength), other.buffer.slice(other.byteOffset, other.byteOffset + other.byteLength))) return false;
    if ((Array.isArray(one) || (ArrayBuffer.isView(one) && !(one instanceof DataView))) && one.length !== other.length) return false;
    if (one instanceof WeakMap || one instanceof WeakSet || one instanceof Promise) return false;
    if (one instanceof Set || one instanceof Map) {
      if (one.size !== other.size) return false;
      const left = [...other];
      for (const entry of one) {
        const at = left.findIndex((each) => same(entry, each));
        if (at < 0) return false;
        left.splice(at, 1);
      }
    }
    const keys = keysOf(one);
    return keys.length === keysOf(other).length
      && keys.every((key) => Object.prototype.propertyIsEnumerable.call(other, key) && same(one[key], other[key]));
  };
  return equal;
};
