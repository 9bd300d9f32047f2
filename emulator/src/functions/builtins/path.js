// `path`, as it is on Linux.
export default () => {
  const check = (value, name) => {
    if (typeof value !== 'string') {
      throw Object.assign(new TypeError(`The "${name}" argument must be of type string. Received ${typeof value}`), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  };
  // Without `.`, and without `..` where there is something to leave.
  const settled = (path, isAbsolute) => {
    const kept = [];
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      if (part !== '..') kept.push(part);
      else if (kept.length && kept.at(-1) !== '..') kept.pop();
      else if (!isAbsolute) kept.push('..');
    }
    return kept.join('/');
  };
  const trimmed = (path) => path.replace(/(?<=.)\/+$/, '');

  const path = {
    sep: '/',
    delimiter: ':',
    normalize(path) {
      check(path, 'path');
      if (path === '') return '.';
      const root = path.startsWith('/') ? '/' : '';
      const inner = settled(path, root !== '');
      if (inner === '') return root || (path.endsWith('/') ? './' : '.');
      return root + inner + (path.endsWith('/') ? '/' : '');
    },
    isAbsolute(path) { check(path, 'path'); return path.startsWith('/'); },
    join(...paths) {
      paths.forEach((each) => check(each, 'path'));
      const joined = paths.filter((each) => each !== '').join('/');
      return joined === '' ? '.' : path.normalize(joined);
    },
    resolve(...paths) {
      paths.forEach((each) => check(each, 'path'));
      let found = '';
      for (const each of paths.toReversed()) {
        if (each !== '') found = found === '' ? each : `${each}/${found}`;
        if (found.startsWith('/')) break;
      }
      if (!found.startsWith('/')) found = `${process.cwd()}/${found}`;
      return `/${settled(found, true)}`;
    },
    relative(from, to) {
      check(from, 'from');
      check(to, 'to');
      const parts = (each) => path.resolve(each).split('/').filter((part) => part !== '');
      const [start, end] = [parts(from), parts(to)];
      let same = 0;
      while (same < start.length && same < end.length && start[same] === end[same]) same += 1;
      return [...start.slice(same).map(() => '..'), ...end.slice(same)].join('/');
    },
    dirname(path) {
      check(path, 'path');
      const at = trimmed(path).lastIndexOf('/');
      if (at < 0) return '.';
      return at === 0 ? '/' : path.slice(0, at);
    },
    basename(path, ending) {
      check(path, 'path');
      if (ending !== undefined) check(ending, 'ext');
      const name = path.replace(/\/+$/, '').split('/').at(-1);
      return ending && name !== ending && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
    },
    extname(of) {
      const name = path.basename(of);
      const at = name.lastIndexOf('.');
      return at <= 0 || name === '..' ? '' : name.slice(at);
    },
    parse(of) {
      check(of, 'path');
      const root = of.startsWith('/') ? '/' : '';
      const base = path.basename(of);
      const ext = path.extname(of);
      const at = trimmed(of).lastIndexOf('/');
      const dir = at < 0 ? '' : at === 0 ? '/' : of.slice(0, at);
      return { root, dir: base === '' ? root : dir, base, ext, name: ext ? base.slice(0, -ext.length) : base };
    },
    format({ dir, root = '', base, name = '', ext = '' }) {
      const last = base || name + (ext === '' || ext.startsWith('.') ? ext : `.${ext}`);
      const folder = dir || root;
      if (!folder) return last;
      return folder === root ? folder + last : `${folder}/${last}`;
    },
    toNamespacedPath: (path) => path,
  };
  path.posix = path;
  return path;
};
