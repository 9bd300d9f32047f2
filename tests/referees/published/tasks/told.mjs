export const handler = async (message) => ({ MessageId: `told ${message.Message}` });
export const jsonata = handler;
