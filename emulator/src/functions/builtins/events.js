// `events`: EventEmitter.
export default (host, part) => {
  const lists = Symbol('listeners');
  const check = (listener) => {
    if (typeof listener !== 'function') {
      throw Object.assign(new TypeError(`The "listener" argument must be of type function. Received ${part('inspect').inspect(listener)}`), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  };
  const listsOf = (emitter) => {
    // Also for those who inherit without calling the constructor.
    if (!Object.hasOwn(emitter, lists)) Object.defineProperty(emitter, lists, { value: new Map() });
    return emitter[lists];
  };
  const plain = (entry) => entry.listener ?? entry;
  const add = (emitter, name, listener, isFirst) => {
    const all = listsOf(emitter);
    if (all.has('newListener')) emitter.emit('newListener', name, plain(listener));
    const known = all.get(name) ?? [];
    all.set(name, isFirst ? [listener, ...known] : [...known, listener]);
    return emitter;
  };
  const once = (emitter, name, listener) => {
    check(listener);
    const wrapped = (...args) => { emitter.removeListener(name, wrapped); return Reflect.apply(listener, emitter, args); };
    wrapped.listener = listener;
    return wrapped;
  };

  function EventEmitter() { if (!(this instanceof EventEmitter)) return new EventEmitter(); listsOf(this); }
  const methods = {
    on(name, listener) { check(listener); return add(this, name, listener); },
    prependListener(name, listener) { check(listener); return add(this, name, listener, true); },
    once(name, listener) { return add(this, name, once(this, name, listener)); },
    prependOnceListener(name, listener) { return add(this, name, once(this, name, listener), true); },
    removeListener(name, listener) {
      const known = listsOf(this).get(name) ?? [];
      const at = known.findLastIndex((each) => each === listener || each.listener === listener);
      if (at < 0) return this;
      const left = known.toSpliced(at, 1);
      if (left.length) listsOf(this).set(name, left); else listsOf(this).delete(name);
      if (listsOf(this).has('removeListener')) this.emit('removeListener', name, listener);
      return this;
    },
    removeAllListeners(name) {
      if (name === undefined) listsOf(this).clear(); else listsOf(this).delete(name);
      return this;
    },
    emit(name, ...args) {
      const known = listsOf(this).get(name);
      if (!known) {
        if (name !== 'error') return false;
        const [error] = args;
        if (error instanceof Error) throw error;
        const unhandled = new Error(`Unhandled error. (${part('inspect').inspect(error)})`);
        throw Object.assign(unhandled, { code: 'ERR_UNHANDLED_ERROR', context: error });
      }
      for (const each of known) Reflect.apply(each, this, args);
      return true;
    },
    listeners(name) { return (listsOf(this).get(name) ?? []).map(plain); },
    rawListeners(name) { return [...(listsOf(this).get(name) ?? [])]; },
    listenerCount(name) { return listsOf(this).get(name)?.length ?? 0; },
    eventNames() { return [...listsOf(this).keys()]; },
    setMaxListeners() { return this; },
    getMaxListeners() { return EventEmitter.defaultMaxListeners; },
  };
  Object.assign(EventEmitter.prototype, methods, { addListener: methods.on, off: methods.removeListener });
  for (const name of Object.keys(EventEmitter.prototype)) Object.defineProperty(EventEmitter.prototype, name, { enumerable: false });

  return Object.assign(EventEmitter, {
    EventEmitter,
    defaultMaxListeners: 10,
    once: (emitter, name) => new Promise((resolve, reject) => {
      const done = (...args) => { emitter.removeListener('error', failed); resolve(args); };
      const failed = (error) => { emitter.removeListener(name, done); reject(error); };
      emitter.once(name, done);
      if (name !== 'error') emitter.once('error', failed);
    }),
    listenerCount: (emitter, name) => emitter.listenerCount(name),
  });
};
