// `assert`.
export default (host, part) => {
  const { inspect } = part('inspect');
  const equal = part('equality');

  class AssertionError extends Error {
    constructor({ message, actual, expected, operator }) {
      super(message);
      Object.assign(this, { generatedMessage: false, code: 'ERR_ASSERTION', actual, expected, operator });
    }
    get name() { return 'AssertionError'; }
  }
  const fail = (given, usual, actual, expected, operator) => {
    if (given instanceof Error) throw given;
    const error = new AssertionError({ message: given ?? usual(), actual, expected, operator });
    error.generatedMessage = given === undefined;
    throw error;
  };
  const pair = (what, actual, expected) => () => `${what}\n\n${inspect(actual)}\n\nshould ${what.includes('not') ? 'not ' : ''}equal\n\n${inspect(expected)}`;
  const assert = (value, message) => {
    if (!value) fail(message, () => `The expression evaluated to a falsy value: ${inspect(value)}`, value, true, '==');
  };
  const compare = (operator, isEqual, wanted, what) => (actual, expected, message) => {
    if (isEqual(actual, expected) !== wanted) fail(message, pair(what, actual, expected), actual, expected, operator);
  };
  const loose = (one, other) => one == other || (one !== one && other !== other); // eslint-disable-line eqeqeq

  // Whether an error is as it is expected to be.
  const check = (error, expected, message) => {
    if (expected === undefined) return;
    if (expected instanceof RegExp) {
      if (!expected.test(String(error))) fail(message, () => `The input did not match the regular expression ${expected}. Input:\n\n${inspect(String(error))}`, error, expected, 'throws');
    } else if (typeof expected === 'function') {
      if (expected.prototype !== undefined && error instanceof expected) return;
      if (Error.isPrototypeOf(expected)) throw error;
      if (Reflect.apply(expected, {}, [error]) !== true) fail(message, () => 'The validation function is expected to return "true".', error, expected, 'throws');
    } else {
      for (const key of [...Object.keys(expected), ...(expected instanceof Error ? ['name', 'message'] : [])]) {
        const matches = expected[key] instanceof RegExp && typeof error[key] === 'string' ? expected[key].test(error[key]) : equal(error[key], expected[key], true);
        if (!matches) fail(message, pair('Expected values to be strictly deep-equal:', error, expected), error, expected, 'throws');
      }
    }
  };
  const missing = (expected, message, kind) => {
    const text = typeof expected === 'string' ? expected : message;
    fail(text, () => `Missing expected ${kind}${expected?.name ? ` (${expected.name})` : ''}.`, undefined, expected, kind === 'exception' ? 'throws' : 'rejects');
  };
  const unwanted = (error, message, kind) => fail(message, () => `Got unwanted ${kind}.\nActual message: "${error?.message}"`, error, undefined, 'doesNotThrow');
  const promised = (work) => (typeof work === 'function' ? work() : work);

  Object.assign(assert, {
    AssertionError,
    ok: assert,
    equal: compare('==', loose, true, 'Expected values to be loosely equal:'),
    notEqual: compare('!=', loose, false, 'Expected values not to be loosely equal:'),
    strictEqual: compare('strictEqual', Object.is, true, 'Expected values to be strictly equal:'),
    notStrictEqual: compare('notStrictEqual', Object.is, false, 'Expected values not to be strictly equal:'),
    deepEqual: compare('deepEqual', (one, other) => equal(one, other, false), true, 'Expected values to be loosely deep-equal:'),
    notDeepEqual: compare('notDeepEqual', (one, other) => equal(one, other, false), false, 'Expected values not to be loosely deep-equal:'),
    deepStrictEqual: compare('deepStrictEqual', (one, other) => equal(one, other, true), true, 'Expected values to be strictly deep-equal:'),
    notDeepStrictEqual: compare('notDeepStrictEqual', (one, other) => equal(one, other, true), false, 'Expected values not to be strictly deep-equal:'),
    fail(message) { fail(message, () => 'Failed', undefined, undefined, 'fail'); },
    match(text, expected, message) {
      if (!expected.test(text)) fail(message, () => `The input did not match the regular expression ${expected}. Input:\n\n${inspect(text)}`, text, expected, 'match');
    },
    doesNotMatch(text, expected, message) {
      if (expected.test(text)) fail(message, () => `The input was expected to not match the regular expression ${expected}. Input:\n\n${inspect(text)}`, text, expected, 'doesNotMatch');
    },
    ifError(value) { if (value !== null && value !== undefined) throw value instanceof Error ? value : new AssertionError({ message: `ifError got unwanted exception: ${inspect(value)}`, actual: value, expected: null, operator: 'ifError' }); },
    throws(work, expected, message) {
      try { work(); } catch (error) { check(error, typeof expected === 'string' ? undefined : expected, message); return; }
      missing(expected, message, 'exception');
    },
    doesNotThrow(work, _expected, message) { try { work(); } catch (error) { unwanted(error, message, 'exception'); } },
    async rejects(work, expected, message) {
      try { await promised(work); } catch (error) { check(error, typeof expected === 'string' ? undefined : expected, message); return; }
      missing(expected, message, 'rejection');
    },
    async doesNotReject(work, _expected, message) { try { await promised(work); } catch (error) { unwanted(error, message, 'rejection'); } },
  });
  const strict = Object.assign((value, message) => assert(value, message), assert, {
    equal: assert.strictEqual, notEqual: assert.notStrictEqual, deepEqual: assert.deepStrictEqual, notDeepEqual: assert.notDeepStrictEqual,
  });
  strict.strict = strict;
  return Object.assign(assert, { strict });
};
