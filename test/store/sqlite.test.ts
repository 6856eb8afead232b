import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openDatabase } from '../../ca-core/store/database.ts';
import { describeStore } from '../contracts/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStore('SQLite', () => Promise.resolve(openDatabase(join(folder, 'kakuin.db'))));
