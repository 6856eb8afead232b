/**
 * Loaded before a service that npm start runs: when the starter is gone, even by SIGKILL, the channel to it closes, and
 * the service ends as if told to. Nothing outlives the command that started it.
 */
const patience = 5_000;

process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), patience).unref();
});
process.channel?.unref();
