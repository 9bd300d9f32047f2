// `structuredClone`.
export default (host, part) => {
  const refuse = (value) => {
    const shown = typeof value === 'function' ? String(value) : typeof value === 'symbol' ? value.toString() : `#<${value.constructor?.name ?? 'Object'}>`;
    const message = `${shown} could not be cloned.`;
    if (typeof DOMException === 'function') throw new DOMException(message, 'DataCloneError');
    throw Object.assign(new Error(message), { name: 'DataCloneError', code: 25 });
  };
  const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  const copy = (value, seen) => {
    if (typeof value === 'function' || typeof value === 'symbol') refuse(value);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (made) => { seen.set(value, made); return made; };
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    for (const kind of [Number, String, Boolean, BigInt]) if (value instanceof kind) return keep(Object(value.valueOf()));
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = copy(value.buffer, seen);
      // Kinds of one's own become the kind that they are made of.
      const kind = value instanceof DataView ? DataView : globalThis[value[Symbol.toStringTag]];
      return keep(new kind(buffer, value.byteOffset, value instanceof DataView ? value.byteLength : value.length));
    }
    if (value instanceof Map) {
      const made = keep(new Map());
      for (const [key, item] of [...value]) made.set(copy(key, seen), copy(item, seen));
      return made;
    }
    if (value instanceof Set) {
      const made = keep(new Set());
      for (const item of [...value]) made.add(copy(item, seen));
      return made;
    }
    if (value instanceof Error) {
      const made = keep(Object.create((errors[value.name] ?? Error).prototype));
      for (const key of ['stack', 'message', 'cause']) {
        if (Object.hasOwn(value, key)) Object.defineProperty(made, key, { value: copy(value[key], seen), writable: true, configurable: true });
      }
      return made;
    }
    if ([WeakMap, WeakSet, WeakRef, Promise].some((kind) => value instanceof kind)) refuse(value);
    const made = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) made[key] = copy(value[key], seen);
    return made;
  };

  return function structuredClone(value, options) {
    if (arguments.length === 0) throw new TypeError('The "value" argument must be specified');
    const made = copy(value, new Map());
    // What is handed over is gone for its owner.
    for (const each of options?.transfer ?? []) if (each instanceof ArrayBuffer) each.transfer(); else refuse(each);
    return made;
  };
};
