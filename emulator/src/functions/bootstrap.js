// What a Lambda function finds around itself, as far as it reaches no file, network or host.
export default (host) => {
  // Taken before any handler can change them.
  const { parse, stringify } = JSON;
  const { ArrayBuffer, InternalError, WeakRef } = globalThis;
  const { deref } = WeakRef.prototype;
  const timers = Object.create(null);
  let lastTimer = 0;

  // What few handlers use is loaded when one does, each part once.
  const parts = Object.create(null);
  const part = (name) => (parts[name] ??= host.part(name)(host, part));

  class Timeout {
    constructor(id) { this.id = id; }
    ref() { return this; }
    unref() { return this; }
    hasRef() { return true; }
    refresh() { const timer = timers[this.id]; if (timer) host.setTimer(this.id, timer.delay); return this; }
    close() { globalThis.clearTimeout(this); return this; }
    [Symbol.toPrimitive]() { return this.id; }
  }

  const schedule = (callback, delay, args, repeats) => {
    if (typeof callback !== 'function') {
      throw new TypeError(`The "callback" argument must be of type function. Received ${part('inspect').inspect(callback, { depth: 0 })}`);
    }
    const id = ++lastTimer;
    timers[id] = { callback, delay, args, repeats };
    host.setTimer(id, delay);
    return new Timeout(id);
  };
  // Node's rule: what is not between 1 and 2^31 - 1 milliseconds is 1 millisecond.
  const legal = (delay) => { const wanted = Number(delay); return wanted >= 1 && wanted <= 2147483647 ? wanted : 1; };
  const clear = (timer) => {
    const id = timer !== null && typeof timer === 'object' ? timer.id : Number(timer);
    if (id in timers) { delete timers[id]; host.clearTimer(id); }
  };

  // The engine throws null when it has no memory for an error, and handlers may throw it too: `wasFull` tells.
  const doubt = (error) => { if (error === null) host.doubt(); };
  const outOfMemory = ['out of memory', 'out of memory in regexp execution'];
  // How the engine says that the function's memory is used up: on Lambda that is the end of the process, and nobody's to
  // catch.
  const isExhausted = (error) => {
    doubt(error);
    try { return error instanceof InternalError && outOfMemory.includes(error.message); } catch { return false; }
  };
  const noteExhaustion = (error) => { if (isExhausted(error)) host.exhaust(); };
  // What Lambda says of an error that throws when it is looked at.
  const unreadable = stringify({
    errorType: 'handled',
    errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
  });
  // An error as Lambda answers it. A failure stays one, whatever was thrown and however short memory is.
  const told = (error) => {
    if (isExhausted(error)) { host.exhaust(); return unreadable; }
    try {
      return stringify(part('failure').describe(error)) ?? unreadable;
    } catch (failed) {
      noteExhaustion(failed);
      return unreadable;
    }
  };

  const RealDate = Date;
  globalThis.Date = class Date extends RealDate {
    constructor(...parts) { if (parts.length) super(...parts); else super(host.now()); }
    static now() { return host.now(); }
  };

  // The engine's own follows from the time of day, this one from the invocation, as the random values of `crypto` do.
  Math.random = host.random;

  host.timers = {
    setTimeout: (callback, delay, ...args) => schedule(callback, legal(delay), args, false),
    setInterval: (callback, delay, ...args) => schedule(callback, legal(delay), args, true),
    setImmediate: (callback, ...args) => schedule(callback, 0, args, false),
    clearTimeout: clear, clearInterval: clear, clearImmediate: clear,
  };
  globalThis.global = globalThis;
  Object.assign(globalThis, host.timers);
  globalThis.queueMicrotask ??= (callback) => { Promise.resolve().then(callback); };

  // Of the invocation, or of the loading before the first one; how far the console is indented.
  host.requestId = 'undefined';
  host.margin = '';
  let drawn = 0;
  // The same for every run in which the invocation has the same id.
  host.nextSeed = () => { drawn += 1; return `${host.requestId === 'undefined' ? host.startedAt : host.requestId} ${drawn}`; };

  const own = (name, value) => {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
    return value;
  };
  const lazily = (name, make) => Object.defineProperty(globalThis, name, {
    get: () => own(name, make()), set: (value) => { own(name, value); }, configurable: true,
  });
  for (const name of ['console', 'process']) lazily(name, () => part(name));
  for (const name of ['TextEncoder', 'TextDecoder', 'atob', 'btoa']) lazily(name, () => part('encoding')[name]);
  for (const name of ['URL', 'URLSearchParams']) lazily(name, () => part('url')[name]);
  lazily('Buffer', () => part('buffer').Buffer);
  lazily('crypto', () => part('crypto').webcrypto);
  lazily('structuredClone', () => part('clone'));
  const load = (path) => part('modules')(path);
  Object.defineProperty(globalThis, '__stepgate_load', { value: load });

  // Promises that were rejected and that nobody has heard of yet; their methods are those of the language, whatever
  // handlers do to it.
  const unheard = new Map();
  for (const name of ['set', 'delete', 'values']) unheard[name] = Map.prototype[name];

  let settled = true;
  const settle = (succeeded, text) => { if (!settled) { settled = true; host.settle(succeeded, text); } };
  const fail = (error) => settle(false, told(error));
  const complete = (result) => {
    let text;
    try {
      text = stringify(result === undefined ? null : result) ?? 'null';
    } catch (error) {
      throw isExhausted(error) ? error : new Error('Unable to stringify response body');
    }
    settle(true, text);
  };
  // Nobody has caught it: the end of Lambda's process, whatever was going to be answered.
  const crash = (error) => host.crash(told(error));
  const isNone = (error) => error === undefined || error === null;
  const isAsync = (handler) => { try { return handler.constructor.name === 'AsyncFunction'; } catch { return false; } };
  const unsettled = () => {
    const name = 'Runtime.NodeJsExit';
    const message = 'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes';
    return { name, message, stack: `${name}: ${message}` };
  };
  const done = (error, result) => { if (isNone(error)) complete(result); else fail(error); };
  const fallBack = (error) => { doubt(error); fail(isNone(error) ? 'handled' : error); };
  const getRemainingTimeInMillis = () => Math.max(0, host.remaining());
  // What is done when neither a promise nor a timer is left that could answer.
  let whenDrained;
  const leftOpen = () => {
    const { handler } = tools;
    if (handler.tellsOfUnsettled && isAsync(handler.run)) fail(unsettled()); else complete(null);
  };

  // Once the module is loaded, with its `handler` and the `facts` that its context tells of every invocation.
  const tools = {
    load,
    told,
    noteExhaustion,
    failure: () => part('failure'),

    // So that the engine has the form of its own errors at hand, and nothing to make before it collects garbage.
    form: Object.create(InternalError.prototype),
    // Whether the engine has had no memory for an error; `free` bytes are almost all that it has left now. Before it makes
    // an object it collects garbage, if it holds half more than it did after the last time. When it was full it did so, or
    // had done so not long before: then it does not do so again, though it is nearly full.
    wasFull(free) {
      let garbage = {};
      garbage.itself = garbage;
      const seen = new WeakRef(garbage);
      seen.deref = deref;
      garbage = undefined;
      const ballast = [];
      for (let left = free, place = 0; left > 0; left -= 2 ** 30, place += 1) {
        ballast[place] = new ArrayBuffer(left < 2 ** 30 ? left : 2 ** 30);
      }
      ballast.last = {};
      return seen.deref() !== undefined;
    },

    rejected(promise, reason, isHeard) { if (isHeard) unheard.delete(promise); else unheard.set(promise, reason); },
    // The first of them as Lambda tells it, or nothing.
    unhandled() {
      for (const reason of unheard.values()) {
        noteExhaustion(reason);
        return stringify(part('failure').unhandled(reason));
      }
      return undefined;
    },

    // The rules are those of Lambda's own runtime (`Runtime.js` and `CallbackContext.js` of its interface client).
    invoke(payload, requestId, arn) {
      const { handler, facts } = tools;
      settled = false;
      host.requestId = requestId;
      drawn = 0;
      host.margin = '';
      let isOver = false;
      // Only the first of all calls counts, one that throws does not, and one that comes in a later invocation is nobody's.
      const first = (answer) => (...args) => {
        if (isOver || host.requestId !== requestId) return;
        answer(args[0], args[1]);
        isOver = true;
      };
      const succeed = first(complete);
      const giveUp = first(fallBack);
      const callback = first((error, result) => {
        if (!isNone(error)) fail(error);
        else if (context.callbackWaitsForEmptyEventLoop) whenDrained = () => complete(result);
        else complete(result);
      });
      whenDrained = leftOpen;
      // Member by member: every invocation makes one, and `Object.assign` takes twice as long.
      const context = { callbackWaitsForEmptyEventLoop: true };
      if (handler.callbacks) {
        context.succeed = succeed;
        context.fail = giveUp;
        context.done = first(done);
      }
      context.functionVersion = facts.functionVersion;
      context.functionName = facts.functionName;
      context.memoryLimitInMB = facts.memoryLimitInMB;
      context.logGroupName = facts.logGroupName;
      context.logStreamName = facts.logStreamName;
      // Set by callers that nothing here stands for; the keys are always there.
      context.clientContext = undefined;
      context.identity = undefined;
      context.invokedFunctionArn = arn;
      context.awsRequestId = requestId;
      context.tenantId = undefined;
      context.getRemainingTimeInMillis = getRemainingTimeInMillis;
      try {
        const event = parse(payload);
        const answer = handler.callbacks ? handler.run(event, context, callback) : handler.run(event, context);
        if (answer && typeof answer.then === 'function') answer.then(succeed, giveUp).catch(giveUp);
      } catch (error) {
        doubt(error);
        callback(error);
      }
    },

    drained() {
      try {
        whenDrained();
      } catch (error) {
        crash(error);
      }
    },

    fire(id) {
      const timer = timers[id];
      if (!timer) return;
      if (timer.repeats) host.setTimer(id, timer.delay); else delete timers[id];
      try {
        timer.callback(...timer.args);
      } catch (error) {
        crash(error);
      }
    },
  };
  return tools;
};
