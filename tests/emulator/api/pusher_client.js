// Subscribe with pusher-js, print each event as a JSON line, and exit after a "done".
const [modulePath, host, port, appKey, apiKey, channelName] = process.argv.slice(2);
const Pusher = require(modulePath);

const print = (value) => console.log(JSON.stringify(value));
const pusher = new Pusher(appKey, {
  cluster: "mt1",
  wsHost: host,
  wsPort: Number(port),
  forceTLS: false,
  enabledTransports: ["ws"],
  disableStats: true,
  channelAuthorization: {
    endpoint: `http://${host}:${port}/broadcasting/auth`,
    transport: "ajax",
    headers: { Authorization: `Bearer ${apiKey}` },
  },
});
pusher.connection.bind("error", (error) => print({ error }));
const channel = pusher.subscribe(channelName);
channel.bind("pusher:subscription_error", (error) => {
  print({ subscription_error: error.status });
  process.exit(1);
});
channel.bind("pusher:subscription_succeeded", () => print({ subscribed: channelName }));
channel.bind("request.status.updated", (update) => {
  print({ update });
  if (update.status === "done") {
    pusher.disconnect();
    process.exit(0);
  }
});
