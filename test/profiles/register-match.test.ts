import { describe, expect, it } from 'vitest';
import { foldAddress, foldOrganisationName } from '../../ca-core/profiles/fold.ts';
import { compareAddresses, compareNames, registerMatch } from '../../ca-core/profiles/register-match.ts';
import { demoClaim, demoNumber, now, ntaOf, policies, registerOf, robinsOf } from '../support/demo-case.ts';

/** Claimed, registered, verdict: what an officer would say, pair by pair. */
const names: readonly (readonly [string, string, 'match' | 'variation' | 'mismatch' | 'uncheckable'])[] = [
  ['株式会社架空角印', '株式会社架空角印', 'match'],
  ['株式会社　架空 角印', '株式会社架空角印', 'match'],
  ['株式会社ＫＡＫＵ１', '株式会社KAKU1', 'match'],
  ['株式会社ｶｸｳ', '株式会社カクウ', 'match'],
  ['株式会社ｶﾞｸﾞ', '株式会社ガグ', 'match'],
  ['㈱架空角印', '株式会社架空角印', 'variation'],
  ['(株)架空角印', '株式会社架空角印', 'variation'],
  ['（株）架空角印', '株式会社架空角印', 'variation'],
  ['㍿架空角印', '株式会社架空角印', 'variation'],
  ['株式會社架空角印', '株式会社架空角印', 'variation'],
  ['架空商事㈱', '架空商事株式会社', 'variation'],
  ['架空商事株式会社', '株式会社架空商事', 'mismatch'],
  ['架空商事㈱', '㈱架空商事', 'mismatch'],
  ['有限会社架空商事', '株式会社架空商事', 'mismatch'],
  ['㈲架空商事', '有限会社架空商事', 'variation'],
  ['合同会社架空商事', '株式会社架空商事', 'mismatch'],
  ['架空商事', '株式会社架空商事', 'mismatch'],
  ['(同)架空ラボ', '合同会社架空ラボ', 'variation'],
  ['一般社団法人架空協会', '公益社団法人架空協会', 'mismatch'],
  ['(一社)架空協会', '一般社団法人架空協会', 'variation'],
  ['医療法人社団架空会', '医療法人架空会', 'mismatch'],
  ['NPO法人架空の森', '特定非営利活動法人架空の森', 'variation'],
  ['株式会社髙島屋架空', '株式会社高島屋架空', 'variation'],
  ['株式会社架空山﨑', '株式会社架空山崎', 'variation'],
  ['株式会社架空澤', '株式会社架空沢', 'variation'],
  ['株式会社架空齋', '株式会社架空斉', 'variation'],
  ['株式会社架空渡邉', '株式会社架空渡辺', 'variation'],
  ['株式会社架空𠮷田', '株式会社架空吉田', 'variation'],
  ['株式会社架空吉田', '株式会社架空吉川', 'mismatch'],
  ['株式会社架空キャノン', '株式会社架空キヤノン', 'variation'],
  ['株式会社架空ヶ丘', '株式会社架空ケ丘', 'variation'],
  ['株式会社架空サ－バ－', '株式会社架空サーバー', 'variation'],
  ['株式会社架空サ−バ‐', '株式会社架空サーバー', 'variation'],
  ['株式会社架空サバ', '株式会社架空サーバー', 'mismatch'],
  ['株式会社架空ヴァイオリン', '株式会社架空バイオリン', 'variation'],
  ['株式会社架空・角印', '株式会社架空角印', 'variation'],
  ['株式会社架空kaku', '株式会社架空KAKU', 'variation'],
  ['株式会社架空角印', '株式会社架空丸印', 'mismatch'],
  ['株式会社', '株式会社', 'match'],
  ['㈱', '株式会社', 'mismatch'],
  ['株式会社架空角印', '', 'uncheckable'],
  ['', '株式会社架空角印', 'uncheckable'],
  ['Kakuu Kakuin K.K.', 'Kakuu Kakuin K.K.', 'match'],
  ['KAKUU KAKUIN KK', 'Kakuu Kakuin K.K.', 'variation'],
  ['Kakuu Kakuin Co., Ltd.', 'Kakuu Kakuin K.K.', 'variation'],
  ['Kakuu Kakuin Co.,Ltd', 'Kakuu Kakuin Co., Ltd.', 'variation'],
  ['Kakuu Kakuin Inc.', 'Kakuu Kakuin LLC', 'mismatch'],
  ['Kakuu Kakuin', 'Kakuu Kakuin K.K.', 'mismatch'],
  ['Kakuu Zinc', 'Kakuu Z Inc.', 'mismatch'],
  ['Kakuu Lab G.K.', 'Kakuu Lab LLC', 'variation'],
  ['Kakū Kakuin K.K.', 'Kaku Kakuin K.K.', 'variation'],
  ['株式会社架空濵田', '株式会社架空浜田', 'variation'],
  ['株式会社架空廣瀬', '株式会社架空広瀬', 'variation'],
  ['株式会社架空國', '株式会社架空国', 'variation'],
  ['（有）架空商店', '有限会社架空商店', 'variation'],
  ['合資会社架空酒造', '合名会社架空酒造', 'mismatch'],
  ['社会福祉法人架空園', '（福）架空園', 'variation'],
  ['株式会社架空ホ－ルディングス', '株式会社架空ホールディングス', 'variation'],
  ['株式会社架空ホールディング', '株式会社架空ホールディングス', 'mismatch'],
  ['株式会社架空角印東京支店', '株式会社架空角印', 'mismatch'],
];

const addresses: typeof names = [
  ['東京都千代田区架空町１丁目２番３号', '東京都千代田区架空町１丁目２番３号', 'match'],
  ['東京都千代田区架空町1丁目2番3号', '東京都千代田区架空町１丁目２番３号', 'match'],
  ['東京都千代田区架空町一丁目2番3号', '東京都千代田区架空町１丁目２番３号', 'variation'],
  ['東京都千代田区架空町１－２－３', '東京都千代田区架空町１丁目２番３号', 'variation'],
  ['千代田区架空町1-2-3', '東京都千代田区架空町１丁目２番３号', 'variation'],
  ['東京都千代田区架空町1の2の3', '東京都千代田区架空町１丁目２番３号', 'variation'],
  ['東京都千代田区架空町二十三丁目4番', '東京都千代田区架空町23-4', 'variation'],
  ['大阪府大阪市北区架空通四丁目5-6', '大阪府大阪市北区架空通４丁目５番６号', 'variation'],
  ['群馬県高崎市飯塚町147-4', '群馬県高崎市飯塚町１４７番地４', 'variation'],
  ['東京都千代田区霞ケ関3-1-1', '東京都千代田区霞ヶ関3-1-1', 'variation'],
  ['長野県松本市大字架空12番地', '長野県松本市架空12', 'variation'],
  ['東京都千代田区一番町2-3', '東京都千代田区一番町２番地３', 'variation'],
  ['東京都千代田区一番町2-3', '東京都千代田区二番町2-3', 'mismatch'],
  ['東京都千代田区架空町12-3', '東京都千代田区架空町1-23', 'mismatch'],
  ['東京都千代田区架空町1-2-3', '東京都千代田区架空町1-2-4', 'mismatch'],
  ['東京都港区架空町1-2-3', '東京都千代田区架空町1-2-3', 'mismatch'],
  ['東京都千代田区架空町1-2-3 架空タワー5階', '東京都千代田区架空町1丁目2番3号架空タワー5階', 'variation'],
  ['東京都府中市架空町1-1', '府中市架空町1-1', 'variation'],
  ['', '東京都千代田区架空町1-2-3', 'uncheckable'],
  ['神奈川県横濱市中区架空町1-2', '神奈川県横浜市中区架空町１番地２', 'variation'],
  ['北海道札幌市中央区架空1条2丁目', '北海道札幌市中央区架空１条２丁目', 'match'],
  ['京都府京都市下京区架空通一〇五番地', '京都府京都市下京区架空通105', 'variation'],
  ['東京都千代田区架空町1-2-3', '東京都千代田区架空町1-2', 'mismatch'],
  ['埼玉県さいたま市架空区1-1', '埼玉県さいたま市架空区1-11', 'mismatch'],
];

it('are a table of at least 80 pairs', () => expect(names.length + addresses.length).toBeGreaterThanOrEqual(80));

describe('names', () => {
  it.each(names)('%s and %s: %s', (claimed, registered, verdict) =>
    expect(compareNames(claimed, registered, policies)).toBe(verdict),
  );

  it('fold into legal form, its place, and the rest', () => {
    expect(foldOrganisationName('架空髙島（株）', policies.folding)).toEqual({
      legalForm: 'kabushiki',
      position: 'after',
      rest: '架空高島',
    });
    expect(foldOrganisationName('Kakuu Shoji Co., Ltd.', policies.folding)).toEqual({
      legalForm: 'kabushiki',
      position: null,
      rest: 'KAKUUSHOJI',
    });
  });
});

describe('addresses', () => {
  it.each(addresses)('%s and %s: %s', (claimed, registered, verdict) =>
    expect(compareAddresses(claimed, registered, policies)).toBe(verdict),
  );

  it('fold into figures and dashes', () => {
    expect(foldAddress('東京都千代田区架空町三丁目1番2号', policies)).toBe('千代田区架空町3-1-2');
    expect(foldAddress('千代田区架空町一丁目一〇五号', policies)).toBe('千代田区架空町1-105');
  });
});

describe('registerMatch', () => {
  const verdictsOf = (claim = demoClaim, register = registerOf(demoNumber)): string[] =>
    registerMatch({ claim, register, policies, now }).verdicts.map(
      ({ source, field, verdict }) => `${source} ${field} ${verdict}`,
    );

  it('finds the demo organisation alike in both registers', () => {
    expect(registerMatch({ claim: demoClaim, register: registerOf(demoNumber), policies, now }).violations).toEqual([]);
    expect(verdictsOf()).toEqual([
      'nta corporateNumber match',
      'nta organisationName match',
      'robins corporateNumber match',
      'robins organisationName match',
      'robins mailDomain match',
      'nta address match',
      'nta stateOrProvince match',
    ]);
  });

  it('compares a claim in Roman letters with the English names', () => {
    const claim = { ...demoClaim, organisationName: 'Kakuu Kakuin KK' };
    expect(verdictsOf(claim)).toContain('nta organisationName variation');
    expect(verdictsOf(claim)).toContain('robins organisationName variation');
  });

  it('never says match for a name of which the register has an image', () => {
    const claim = { ...demoClaim, corporateNumber: '9999901000008', organisationName: '株式会社架空外字' };
    expect(verdictsOf(claim, registerOf('9999901000008'))).toContain('nta organisationName variation');
  });

  it('leaves what ROBINS has not verified uncheckable', () => {
    const robins = robinsOf(demoNumber);
    const grades = {
      ...robins.grades,
      nameJa: 'unverified',
      mailDomains: 'unverified',
      addressJa: 'unverified',
    } as const;
    const found = verdictsOf(demoClaim, { nta: ntaOf(demoNumber), robins: { ...robins, grades } });
    expect(found).toContain('robins organisationName uncheckable');
    expect(found).toContain('robins mailDomain uncheckable');
    expect(found).toContain('nta address uncheckable');
  });

  it('sees a move that one register has not heard of', () => {
    const claim = { ...demoClaim, corporateNumber: '6999901000010', organisationName: '株式会社架空移転' };
    const { violations } = registerMatch({ claim, register: registerOf('6999901000010'), policies, now });
    expect(violations.map(({ rule, field }) => `${rule} ${field}`)).toEqual([
      'registerMismatch nta.address',
      'registerMismatch nta.stateOrProvince',
    ]);
  });
});
