// `util`, as far as it is computing alone.
export default (host, part) => {
  const { inspect, format } = part('inspect');
  const equal = part('equality');
  const { TextEncoder, TextDecoder } = part('encoding');
  const custom = Symbol.for('nodejs.util.promisify.custom');
  const check = (value, name) => {
    if (typeof value !== 'function') {
      throw Object.assign(new TypeError(`The "${name}" argument must be of type function. Received ${inspect(value)}`), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  };

  const promisify = (original) => {
    check(original, 'original');
    if (original[custom]) return original[custom];
    const promised = function (...args) {
      return new Promise((resolve, reject) => {
        Reflect.apply(original, this, [...args, (error, value) => { if (error) reject(error); else resolve(value); }]);
      });
    };
    Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
    return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
  };
  promisify.custom = custom;
  const callbackify = (original) => {
    check(original, 'original');
    return function (...args) {
      const callback = args.pop();
      check(callback, 'last argument');
      Reflect.apply(original, this, args).then(
        (value) => process.nextTick(callback, null, value),
        (error) => process.nextTick(callback, error ?? new Error('Promise was rejected with a falsy value')),
      );
    };
  };
  const deprecate = (original, message, code) => {
    let isSaid = false;
    return function (...args) {
      if (!isSaid) console.error(`DeprecationWarning: ${message}${code ? ` (${code})` : ''}`);
      isSaid = true;
      return new.target ? Reflect.construct(original, args, new.target) : Reflect.apply(original, this, args);
    };
  };
  const inherits = (heir, parent) => {
    Object.defineProperty(heir, 'super_', { value: parent, writable: true, configurable: true });
    Object.setPrototypeOf(heir.prototype, parent.prototype);
  };

  const isKind = (kind) => (value) => Object.prototype.toString.call(value) === `[object ${kind}]`;
  const isA = (kind) => (value) => value instanceof kind;
  const types = {
    isDate: isA(Date), isRegExp: isA(RegExp), isMap: isA(Map), isSet: isA(Set), isPromise: isA(Promise), isNativeError: isA(Error),
    isWeakMap: isA(WeakMap), isWeakSet: isA(WeakSet), isArrayBuffer: isA(ArrayBuffer), isAnyArrayBuffer: isA(ArrayBuffer), isDataView: isA(DataView),
    isArrayBufferView: (value) => ArrayBuffer.isView(value),
    isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
    isUint8Array: isA(Uint8Array),
    isAsyncFunction: isKind('AsyncFunction'), isGeneratorFunction: isKind('GeneratorFunction'), isGeneratorObject: isKind('Generator'),
    isBoxedPrimitive: (value) => [Number, String, Boolean, Symbol, BigInt].some((kind) => value instanceof kind),
  };

  return {
    inspect, format, promisify, callbackify, deprecate, inherits, types, TextEncoder, TextDecoder,
    isDeepStrictEqual: (one, other) => equal(one, other, true),
    formatWithOptions: (options, ...args) => format(...args),
    stripVTControlCharacters: (text) => text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, ''),
    toUSVString: (text) => String(text).toWellFormed(),
    isArray: Array.isArray,
  };
};
