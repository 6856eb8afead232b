import { build } from './bootstrap/build.mjs';
import { checkNode, ensureInstalled } from './bootstrap/install.mjs';
import { alone } from './bootstrap/lock.mjs';
import { orStop } from './bootstrap/say.mjs';

await orStop(() =>
  alone(async () => {
    checkNode();
    await ensureInstalled();
    const { code, output } = await build();
    process.stdout.write(output);
    process.exitCode = code;
  }),
);
