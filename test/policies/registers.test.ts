import { describe, expect, it } from 'vitest';
import { checkCorporateNumber } from '../../ca-core/profiles/corporate-number.ts';
import { demoNumber, ntaRows, policies, registerOf, robinsEntries } from '../support/demo-case.ts';

const known = ['5070001032626', '7000020100005', '3100005006145', '7000012050002', '4000012090001', '1180301018771', '1010405009403'];

describe('the shipped NTA snapshot', () => {
  it('has 30 columns, right check digits, one living row for each number, and prefectures of the table', () => {
    for (const row of ntaRows) {
      expect(Object.keys(row)).toHaveLength(30);
      const number = row['corporateNumber'] ?? '';
      expect(checkCorporateNumber(number)).toBe(number);
      expect(policies.register.prefectures[row['prefectureCode'] ?? '']?.ja).toBe(row['prefectureName']);
    }
    const latest = ntaRows.filter(row => row['latest'] === '1').map(row => row['corporateNumber']);
    expect(new Set(latest).size).toBe(latest.length);
  });

  it('says 架空 in the name of every organisation that is not a public fact', () => {
    const invented = ntaRows.filter(row => !known.includes(row['corporateNumber'] ?? ''));
    expect(invented.length).toBeGreaterThan(8);
    for (const row of invented) expect(row['name']).toContain('架空');
  });

  it('knows one that was closed, and its successor', () => {
    const closed = ntaRows.find(row => row['closeDate'] !== '');
    expect(ntaRows.map(row => row['corporateNumber'])).toContain(closed?.['successorCorporateNumber']);
  });
});

describe('the shipped ROBINS snapshot', () => {
  it('holds fictional organisations only, each with a key of its own and a number that the NTA snapshot knows', () => {
    for (const entry of robinsEntries) {
      expect(entry['nameJa']).toContain('架空');
      expect(entry['key']).toMatch(/^9999[0-9]{12}$/);
      expect(checkCorporateNumber(entry['corporateNumber'] ?? '')).toBe(entry['corporateNumber']);
      expect((entry['companyRegistrationNumber'] ?? '').replaceAll('-', '')).toBe(entry['corporateNumber']?.slice(1));
      expect(registerOf(entry['corporateNumber'] ?? '').nta?.name).toContain('架空');
    }
    expect(new Set(robinsEntries.map(entry => entry['key'])).size).toBe(robinsEntries.length);
    expect(robinsEntries.map(entry => entry['corporateNumber'])).toContain(demoNumber);
  });
});
