/** A reader's slot behind vpcd, as the test sees it: cards are put there and taken away. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import ts from 'typescript';
import { projectRoot } from '../../../ca-core/project-root.ts';
import type { FelicaSystem, Mischief } from './felica-card.ts';
import type { Order, PlacedCard } from './vpcd-worker.ts';

export interface EmulatedCard {
  readonly systems: readonly FelicaSystem[];
  /** Of a system by its place: the upper four bits of the first octet say which. */
  readonly idm: (place?: number) => Uint8Array;
  /** What goes wrong while it lies on a reader, or the next time it does. */
  readonly spoil: (mischief: Mischief) => void;
  /** Leaves the field instead of answering that frame (1 is the next), whatever it asks. */
  readonly leaveAt: (frame: number) => void;
  /** For the slot. */
  readonly placed: (pass: (act: Wish) => void) => void;
}

type Wish =
  { readonly act: 'spoil'; readonly mischief: Mischief } | { readonly act: 'leaveAt'; readonly frame: number };

export function emulatedCard(idm: Uint8Array, systems: readonly FelicaSystem[]): EmulatedCard {
  let waiting: Wish[] = [];
  let pass = (wish: Wish): void => void waiting.push(wish);
  return {
    systems,
    idm: (place = 0) => Uint8Array.from(idm, (octet, at) => (at === 0 ? (place << 4) | (octet & 0x0f) : octet)),
    spoil: mischief => pass({ act: 'spoil', mischief }),
    leaveAt: frame => pass({ act: 'leaveAt', frame }),
    placed: next => {
      pass = next;
      for (const wish of waiting) next(wish);
      waiting = [];
    },
  };
}

export interface VpcdSlot {
  /** The reader's name as PC/SC has it. */
  readonly name: string;
  readonly put: (card: EmulatedCard, slowness?: number) => Promise<void>;
  /** Something that is no FeliCa card. */
  readonly putOther: (atr: Uint8Array) => Promise<void>;
  readonly take: () => Promise<void>;
}

export interface CardThread {
  readonly slot: (name: string, port: number) => VpcdSlot;
  readonly end: () => Promise<void>;
}

type Numbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** One thread for all slots. */
export function startCardThread(): CardThread {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-cards-'));
  const worker = new Worker(transpiled(folder));
  const open = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>();
  let last = 0;
  worker.on('message', ({ id, error }: { readonly id: number; readonly error: string | null }) => {
    if (error === null) open.get(id)?.resolve();
    else open.get(id)?.reject(new Error(error));
    open.delete(id);
  });
  const tell = (order: Numbered<Order>): Promise<void> =>
    new Promise((resolve, reject) => {
      const id = (last += 1);
      open.set(id, { resolve, reject });
      worker.postMessage({ ...order, id });
    });
  const put = (port: number, card: PlacedCard): Promise<void> => tell({ act: 'put', port, card });
  return {
    slot: (name, port) => ({
      name,
      put: async (card, slowness = 0) => {
        const putting = put(port, { idm: card.idm(), systems: card.systems, slowness, otherKind: null });
        await putting;
        card.placed(wish => void tell({ ...wish, port }));
      },
      putOther: atr => put(port, { idm: new Uint8Array(8), systems: [], slowness: 0, otherKind: atr }),
      take: () => tell({ act: 'take', port }),
    }),
    end: async () => {
      await worker.terminate();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A thread runs no TypeScript on Node 20: the three files it needs, without their types. */
function transpiled(folder: string): string {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  };
  for (const name of ['felica-card', 'felica-reader', 'vpcd-worker']) {
    const source = readFileSync(join(projectRoot, 'test', 'support', 'cards', `${name}.ts`), 'utf8');
    writeFileSync(join(folder, `${name}.js`), ts.transpileModule(source, { compilerOptions }).outputText);
  }
  return join(folder, 'vpcd-worker.js');
}
