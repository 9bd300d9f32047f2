// Modules that are not of the newer kind, each once. One that is still being loaded is given as far as it has come.
export default (host, part) => {
  const { parse } = JSON;
  const { timers } = host;
  const sleep = (delay, value) => new Promise((resolve) => timers.setTimeout(resolve, delay, value));
  const builtins = {
    timers,
    'timers/promises': { setTimeout: sleep, setImmediate: (value) => sleep(0, value) },
  };
  // `name` is one that Rust knows: `util`, or `util/types` for a member of it.
  const builtin = (name) => {
    if (Object.hasOwn(builtins, name)) return builtins[name];
    const [file, member] = name.split('/');
    return member ? part(file)[member] : part(file);
  };

  const modules = Object.create(null);
  // Those that are being loaded, the innermost last.
  const open = [];
  const found = (from, name) => {
    if (typeof name !== 'string') {
      throw Object.assign(new TypeError(`The "id" argument must be of type string. Received ${typeof name}`), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    const [path, why] = host.find(from, name);
    if (path === '') {
      const above = open.includes(from) ? open.slice(0, open.indexOf(from)).reverse() : [];
      throw Object.assign(new Error(why), { code: 'MODULE_NOT_FOUND', requireStack: [from, ...above].map(host.fileName) });
    }
    return path;
  };
  const load = (path) => {
    if (path.startsWith('node:')) return builtin(path.slice(5));
    if (modules[path]) return modules[path].exports;
    const filename = host.fileName(path);
    const module = { exports: {}, id: filename, filename, loaded: false, children: [], paths: [] };
    modules[path] = module;
    open.push(path);
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
    } finally {
      open.pop();
    }
    module.loaded = true;
    return module.exports;
  };
  return load;
};
