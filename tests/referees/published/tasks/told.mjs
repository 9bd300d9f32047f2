export const handler = async (message) => ({ MessageId: `told ${message.Message}` });
