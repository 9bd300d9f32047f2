// One module, four handlers. Each answers with its own name, so that a run's history shows who did what.
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const start = async () => ({ function: 'start' });

export const wait3000 = async () => {
  await pause(3000);
  return { function: 'wait3000' };
};

export const wait500 = async () => {
  await pause(500);
  return { function: 'wait500' };
};

export const end = async () => ({ function: 'end' });
