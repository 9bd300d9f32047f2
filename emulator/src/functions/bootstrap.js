// What a Lambda function finds around itself, as far as it reaches no file, network or host.
export default (host) => {
  // Taken before any handler can change them.
  const { parse, stringify } = JSON;
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

  // As Lambda's own runtime turns errors into an answer.
  const read = (object, name) => { try { return object[name]; } catch { return undefined; } };
  // Absent they stay `undefined` for whoever asks; whoever uses them is told that the handler is not at fault.
  const absent = new Set([
    'AbortController', 'AbortSignal', 'Blob', 'BroadcastChannel', 'CompressionStream', 'DecompressionStream', 'Event', 'EventSource',
    'EventTarget', 'File', 'FormData', 'Headers', 'Intl', 'MessageChannel', 'ReadableStream', 'Request', 'Response', 'TransformStream',
    'WebAssembly', 'WebSocket', 'WritableStream', 'XMLHttpRequest', 'fetch', 'navigator',
  ]);
  const explain = (error, message) => {
    const name = error instanceof ReferenceError ? /^(\w+) is not defined$/.exec(message)?.[1] : undefined;
    if (!absent.has(name)) return message;
    return `${message}: the emulator runs handlers without ${name}. Run the function elsewhere and name it with --lambda-endpoint, or mock its task with --mocks`;
  };
  const describe = (error) => {
    if (error instanceof Error) {
      const name = `${read(error, 'name')}`;
      const message = explain(error, `${read(error, 'message')}`);
      const frames = `${read(error, 'stack') ?? ''}`.split('\n')
        .filter((line) => line.trim() !== '' && !line.includes('(node:'));
      return {
        errorType: name,
        errorMessage: message,
        trace: frames[0]?.startsWith(name) ? frames : [`${name}: ${message}`, ...frames],
      };
    }
    let message;
    try { message = String(error); } catch { message = Object.prototype.toString.call(error); }
    return { errorType: typeof error, errorMessage: message, trace: [] };
  };
  // What is thrown may itself throw when it is looked at, and memory may be short: a failure stays one all the same.
  const beyondWords = '{"errorType":"Error","errorMessage":"the error cannot be described","trace":[]}';
  const told = (error) => { try { return stringify(describe(error)) ?? beyondWords; } catch { return beyondWords; } };

  host.traceOf = (error) => describe(error).trace;

  const RealDate = Date;
  globalThis.Date = class Date extends RealDate {
    constructor(...parts) { if (parts.length) super(...parts); else super(host.now()); }
    static now() { return host.now(); }
  };

  globalThis.global = globalThis;
  globalThis.setTimeout = (callback, delay, ...args) => schedule(callback, legal(delay), args, false);
  globalThis.setInterval = (callback, delay, ...args) => schedule(callback, legal(delay), args, true);
  globalThis.setImmediate = (callback, ...args) => schedule(callback, 0, args, false);
  globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = clear;
  globalThis.queueMicrotask ??= (callback) => { Promise.resolve().then(callback); };

  let requestId = 'undefined';
  let drawn = 0;
  // The same for every run in which the invocation has the same id.
  host.nextSeed = () => { drawn += 1; return `${requestId === 'undefined' ? host.startedAt : requestId} ${drawn}`; };

  let margin = '';
  const isPlain = (value) => typeof value === 'string' || (typeof value === 'number' && value !== 0) || typeof value === 'boolean';
  const format = (args) => {
    const text = args.every(isPlain) && !(args.length > 1 && `${args[0]}`.includes('%')) ? args.join(' ') : part('inspect').format(...args);
    return margin ? margin + text.replaceAll('\n', `\n${margin}`) : text;
  };
  const write = (level) => (...args) => host.log(`${new Date().toISOString()}\t${requestId}\t${level}\t${format(args)}`);
  const [info, error, warn] = ['INFO', 'ERROR', 'WARN'].map(write);
  const group = (...args) => { if (args.length) info(...args); margin += '  '; };
  const marks = new Map();
  const counts = new Map();
  const since = (label) => `${label}: ${Math.round((host.now() - marks.get(label)) * 1000) / 1000}ms`;
  globalThis.console = {
    log: info, info, debug: write('DEBUG'), warn, error, table: info,
    trace: (...args) => write('TRACE')(`Trace: ${format(args)}`),
    dir: (value, options) => info(part('inspect').inspect(value, { customInspect: false, ...options })),
    assert: (value, ...args) => { if (!value) warn(...(typeof args[0] === 'string' ? [`Assertion failed: ${args[0]}`, ...args.slice(1)] : ['Assertion failed', ...args])); },
    group, groupCollapsed: group, groupEnd: () => { margin = margin.slice(2); },
    count: (label = 'default') => { counts.set(label, (counts.get(label) ?? 0) + 1); info(`${label}: ${counts.get(label)}`); },
    countReset: (label = 'default') => { counts.delete(label); },
    time: (label = 'default') => { marks.set(label, host.now()); },
    timeLog: (label = 'default', ...args) => { if (marks.has(label)) info(since(label), ...args); },
    timeEnd: (label = 'default') => { if (marks.has(label)) info(since(label)); marks.delete(label); },
  };
  globalThis.process = {
    env: Object.assign(Object.create(null), host.env),
    argv: ['node'], execArgv: [], pid: 1, platform: 'linux', arch: 'x64', version: host.nodeVersion,
    versions: { node: host.nodeVersion.slice(1) },
    cwd: () => '/var/task',
    uptime: () => (host.now() - host.startedAt) / 1000,
    hrtime: Object.assign(
      () => { const now = host.now() - host.startedAt; return [Math.floor(now / 1000), Math.round((now % 1000) * 1e6)]; },
      { bigint: () => BigInt(Math.round((host.now() - host.startedAt) * 1e6)) },
    ),
    nextTick: (callback, ...args) => { Promise.resolve().then(() => callback(...args)); },
    on() { return this; }, once() { return this; }, emit: () => false, emitWarning() {},
    exit: (code) => { throw new Error(`process.exit(${code}) is not supported: return from the handler`); },
  };

  const sleep = (delay, value) => new Promise((resolve) => setTimeout(resolve, delay, value));
  const builtins = {
    timers: { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate },
    'timers/promises': { setTimeout: sleep, setImmediate: (value) => sleep(0, value) },
    process: globalThis.process,
    console: globalThis.console,
  };
  // `name` is one that Rust knows: `util`, or `util/types` for a member of it.
  const builtin = (name) => {
    if (Object.hasOwn(builtins, name)) return builtins[name];
    const [file, member] = name.split('/');
    return member ? part(file)[member] : part(file);
  };
  const own = (name, value) => {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
    return value;
  };
  const lazily = (name, make) => Object.defineProperty(globalThis, name, {
    get: () => own(name, make()), set: (value) => { own(name, value); }, configurable: true,
  });
  for (const name of ['TextEncoder', 'TextDecoder', 'atob', 'btoa']) lazily(name, () => part('encoding')[name]);
  for (const name of ['URL', 'URLSearchParams']) lazily(name, () => part('url')[name]);
  lazily('Buffer', () => part('buffer').Buffer);
  lazily('crypto', () => part('crypto').webcrypto);
  lazily('structuredClone', () => part('clone'));

  // Modules that are not of the newer kind, each once. One that is still being loaded is given as far as it has come.
  const modules = Object.create(null);
  const found = (from, name) => {
    if (typeof name !== 'string') {
      throw Object.assign(new TypeError(`The "id" argument must be of type string. Received ${typeof name}`), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    const [path, why] = host.find(from, name);
    if (path === '') throw Object.assign(new Error(why), { code: 'MODULE_NOT_FOUND', requireStack: [host.fileName(from)] });
    return path;
  };
  const load = (path) => {
    if (path.startsWith('node:')) return builtin(path.slice(5));
    if (modules[path]) return modules[path].exports;
    const filename = host.fileName(path);
    const module = { exports: {}, id: filename, filename, loaded: false, children: [], paths: [] };
    modules[path] = module;
    try {
      const [kind, code] = host.open(path);
      if (kind === 'json') {
        try {
          module.exports = parse(code);
        } catch (error) {
          error.message = `${filename}: ${error.message}`;
          throw error;
        }
      } else if (kind === 'es') {
        module.exports = code;
      } else {
        const require = (name) => load(found(path, name));
        require.resolve = (name) => { const its = found(path, name); return its.startsWith('node:') ? name : host.fileName(its); };
        require.cache = Object.create(null);
        require.main = undefined;
        Reflect.apply(code, module.exports, [module.exports, require, module, filename, filename.replace(/\/[^/]*$/, '')]);
      }
    } catch (error) {
      delete modules[path];
      throw error;
    }
    module.loaded = true;
    return module.exports;
  };
  Object.defineProperty(globalThis, '__stepgate_load', { value: load });

  // Promises that were rejected and that nobody has heard of yet; their methods are those of the language, whatever
  // handlers do to it.
  const unheard = new Map();
  for (const name of ['set', 'delete', 'values']) unheard[name] = Map.prototype[name];

  let settled = true;
  const settle = (waits, succeeded, text) => { if (!settled) { settled = true; host.settle(waits, succeeded, text); } };
  const fail = (error, waits = false) => settle(waits, false, told(error));

  return {
    load,
    explain,
    describe: told,

    rejected(promise, reason, isHeard) { if (isHeard) unheard.delete(promise); else unheard.set(promise, reason); },
    // The first of them as Lambda tells it, or nothing.
    unhandled() {
      for (const reason of unheard.values()) {
        const name = 'Runtime.UnhandledPromiseRejection';
        let message;
        try { message = `${reason}`; } catch { message = 'the reason cannot be described'; }
        if (reason instanceof Error) message = `${describe(reason).errorType}: ${describe(reason).errorMessage}`;
        return stringify({ errorType: name, errorMessage: message, trace: [`${name}: ${message}`, ...describe(reason).trace.slice(1)] });
      }
      return undefined;
    },

    invoke(handler, payload, meta) {
      settled = false;
      requestId = meta.awsRequestId;
      drawn = 0;
      margin = '';
      const succeed = (result, waits = false) => {
        try {
          settle(waits, true, stringify(result === undefined ? null : result) ?? 'null');
        } catch (error) {
          const message = `Unable to stringify response body: ${read(error, 'message')}`;
          settle(waits, false, stringify({ errorType: 'Runtime.MarshalError', errorMessage: message, trace: [] }));
        }
      };
      const context = {
        callbackWaitsForEmptyEventLoop: true,
        ...meta,
        getRemainingTimeInMillis: () => Math.max(0, host.remaining()),
      };
      const callback = (error, result) => {
        const waits = context.callbackWaitsForEmptyEventLoop;
        if (error === undefined || error === null) succeed(result, waits); else fail(error, waits);
      };
      const callbacks = handler.callbacks;
      if (callbacks) {
        Object.assign(context, {
          done: (error, result) => callback(error, result),
          succeed: (result) => succeed(result),
          fail: (error) => fail(error ?? new Error('Unknown error')),
        });
      }
      try {
        const event = parse(payload);
        const answer = callbacks ? handler.run(event, context, callback) : handler.run(event, context);
        if (answer !== null && typeof answer === 'object' && typeof answer.then === 'function') {
          // A failure to answer, as when memory is short, must not pass for no answer.
          Promise.resolve(answer).then((result) => succeed(result), (error) => fail(error))
            .then(undefined, () => host.crash());
        }
      } catch (error) {
        fail(error);
      }
    },

    fire(id) {
      const timer = timers[id];
      if (!timer) return;
      if (timer.repeats) host.setTimer(id, timer.delay); else delete timers[id];
      try {
        timer.callback(...timer.args);
      } catch (error) {
        fail(error);
        host.crash();
      }
    },
  };
};
