/** policies/retention.yaml: how long which class is kept, and which tables are not read at all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { retentionPolicy } from '../../ca-core/profiles/retention-policy.ts';
import { projectRoot } from '../../ca-core/project-root.ts';

interface Written {
  readonly classes: Readonly<Record<string, object>>;
}
const shipped = parse(readFileSync(join(projectRoot, 'policies', 'retention.yaml'), 'utf8')) as Written;
const mistakesWith = (name: string, keep: string): readonly string[] => {
  const { classes } = shipped;
  const changed = { ...shipped, classes: { ...classes, [name]: { ...classes[name], keep } } };
  return (
    retentionPolicy.safeParse(changed).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []
  );
};

it('is read as it is shipped', () => {
  expect(retentionPolicy.safeParse(shipped).error).toBeUndefined();
});

it.each(['uploadedDocuments', 'identityRecords', 'deskNotes'])(
  'keeps %s no longer than the fields of the case',
  name => {
    expect(mistakesWith(name, '3651 days')).toEqual([
      `classes.${name}.keep must not be kept longer than applicationFields: with these the whole case goes`,
    ]);
    expect(mistakesWith(name, '3650 days')).toEqual([]);
  },
);
