/** A dry run takes our templates in every form, and the layouts that organisations have from elsewhere. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckGround } from '../../../ra-portal/bulk/check-ground.ts';
import { layoutOf } from '../../../ra-portal/bulk/check-table.ts';
import { bulkProfiles } from '../../../ra-portal/bulk/columns.ts';
import { errorFile } from '../../../ra-portal/bulk/error-file.ts';
import { encodeText } from '../../../ra-portal/bulk/reading/encode.ts';
import { templateForms, templateOf } from '../../../ra-portal/bulk/template.ts';
import { aGround, policies } from './a-ground.ts';
import { csvOf } from './people.ts';
import { brief, check } from './a-dry-run.ts';

let ground: CheckGround;
beforeAll(async () => {
  ground = await aGround();
});

describe('templates', () => {
  const forms = bulkProfiles(policies).flatMap(({ name }) => templateForms.map(form => [name, form] as const));
  it.each(forms)('%s as %s uploads clean, in both languages', async (profile, form) => {
    const of = await aGround({ profile });
    const isListed = of.profile.registers.includes('robins');
    for (const language of ['ja', 'en'] as const) {
      const { faults, rows, table } = await check(await templateOf(of, form, language), of);
      expect(table.form).toMatchObject(
        form === 'xlsx'
          ? { kind: 'xlsx' }
          : { encoding: form === 'cp932' && language === 'en' ? (expect.any(String) as string) : form },
      );
      // A profile that asks no ROBINS knows no mail domain before an officer has seen one.
      if (!isListed)
        expect(new Set(faults.map(({ rule }) => rule))).toEqual(
          new Set(faults.length === 0 ? [] : ['mailDomainForeign']),
        );
      else expect([faults, rows.length]).toEqual([[], 1]);
    }
  });
});

describe('layouts that organisations have', () => {
  const defaults = { identityDocument: 'driving-licence', identityMethod: 'in-person', identitySeenOn: '2026-11-02' };

  it('GlobalSign ManagedPKI: the Common Name stands for every name, passwords are not read', async () => {
    const of = await aGround({ defaults });
    const csv = csvOf([
      [
        'Common Name',
        'Organization Unit 1',
        'Organization Unit 2',
        'Organization Unit 3',
        'Email Address',
        'Pickup Password',
        'haveCSR',
        'PKCS12',
      ],
      ['Kakuu Taro', 'Sales', '', '', 'taro@kakuu-kakuin.example', 'hunter2hunter2', '0', '1'],
      ['Kakuu Hanako', '', '', '', 'hanako@elsewhere.example', 'AUTOGEN', '0', '1'],
    ]);
    const { faults, rows, table } = await check(Buffer.from(csv), of);
    const layout = await layoutOf(table, of);
    expect(layout).toMatchObject({ name: 'globalsign', hasPasswords: true });
    expect(layout.ignored).toContain('Organization Unit 1');
    expect(rows[0]?.claim).toMatchObject({ kanjiName: 'Kakuu Taro', kanaName: 'Kakuu Taro', romanName: 'Kakuu Taro' });
    expect(brief(faults)).toEqual(['3E mailDomainForeign hanako@elsewhere.example']);
    expect(JSON.stringify([faults, rows])).not.toContain('hunter2');
    expect((await check(Buffer.from(csv), ground)).faults.filter(({ rule }) => rule === 'columnMissing')).toHaveLength(
      3,
    );
  });

  it('NII UPKI: tabs, no headings, no quoting', async () => {
    const of = await aGround({ defaults });
    const line = (cn: string, organisation: string, mailbox: string): string =>
      [
        `CN=${cn},OU=Sales, West,O=${organisation},L=Chiyoda,C=JP`,
        '5',
        '2',
        '',
        '',
        '',
        '',
        '管理 "太郎',
        '情報部',
        'kanri@kakuu-kakuin.example',
        '架空 太郎',
        'p12',
        '営業',
        mailbox,
        '1234567890',
      ].join('\t');
    const text = [
      line('Kakuu Taro', 'Kakuu Kakuin K.K.', 'taro@kakuu-kakuin.example'),
      line('Kakuu Hanako', 'Other Inc.', 'hanako@kakuu-kakuin.example'),
    ].join('\r\n');
    const { faults, rows, table } = await check(encodeText(text, 'cp932') ?? Buffer.alloc(0), of);
    expect(table.form).toMatchObject({ encoding: 'cp932', delimiter: 'tab', quotes: false });
    expect(rows.map(({ row, claim }) => [row, claim.romanName, claim.mailbox])).toEqual([
      [1, 'Kakuu Taro', 'taro@kakuu-kakuin.example'],
    ]);
    expect(faults.map(({ row, rule }) => [row, rule])).toEqual([[2, 'organisationNameDiffers']]);
    const file = await errorFile({ ground: of, table, layout: await layoutOf(table, of), language: 'ja' });
    const back = await check(file.octets, of);
    expect(file.form).toBe('tsv');
    expect(back.faults.map(({ row, rule }) => [row, rule])).toEqual([[2, 'organisationNameDiffers']]);
  });
});
