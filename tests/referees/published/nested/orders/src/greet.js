exports.handler = async ({ name }) => ({ said: `${process.env.GREETING} ${name}` });
