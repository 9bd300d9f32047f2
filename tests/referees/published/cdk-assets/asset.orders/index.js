exports.handler = async () => "greeted";
