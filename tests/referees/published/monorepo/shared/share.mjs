export const handler = async () => ({ shared: true });
