const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
let failures = 0;

export const echo = async (event) => { if (event?.say) console.log('said', event.say); return event; };
export const boom = async () => { throw new RangeError('too far'); };
export const rejects = () => Promise.reject(new TypeError('no'));
export const throwsText = () => { throw 'just text'; };
export const sleep = async (event) => { await pause(event.milliseconds); return { slept: event.milliseconds }; };
export const flaky = async (event) => {
  failures += 1;
  if (failures <= event.failures) throw new Error(`failure ${failures}`);
  failures = 0;
  return { attempts: event.failures + 1 };
};
export const item = async (event) => event * 10;
export const forever = async () => { while (true); };
export const hungry = async () => { const all = []; while (true) all.push(new Array(10000).fill(1)); };
