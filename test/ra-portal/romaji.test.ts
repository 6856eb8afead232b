/** Names and the spellings that the passport rules give them. */
import { describe, expect, it } from 'vitest';
import { digits, halfWidth, isoDate, katakana, spaced } from '../../ra-portal/applications/as-typed.ts';
import { suggestRoman } from '../../ra-portal/applications/romaji.ts';

const golden = `
サトウ Sato|スズキ Suzuki|タカハシ Takahashi|タナカ Tanaka|イトウ Ito|ワタナベ Watanabe|ヤマモト Yamamoto|ナカムラ Nakamura
コバヤシ Kobayashi|カトウ Kato|ヨシダ Yoshida|ヤマダ Yamada|ササキ Sasaki|ヤマグチ Yamaguchi|イノウエ Inoue|キムラ Kimura
ハヤシ Hayashi|シミズ Shimizu|サイトウ Saito|モリ Mori|アベ Abe|イケダ Ikeda|ハシモト Hashimoto|イシカワ Ishikawa
オオノ Ono|コウノ Kono|ホンマ Homma|ハッチョウ Hatcho|タカトオ Takatoo|ナンバ Namba|サンペイ Sampei|シンポ Shimpo
ヨコオ Yokoo|セノオ Senoo|ミソノウ Misono|ミソノオ Misonoo|アオウ Ao|ツトウ Tsuto|ツトオ Tsutoo|イノオ Inoo
フニウ Funiu|フニュウ Funyu|ガモウ Gamo|スゴウ Sugo|ニシキコオリ Nishikikori|イオウ Io|ウリュウ Uryu|ウリウ Uriu
カンノオ Kannoo|シロウズ Shirozu|ミネオ Mineo|ハットリ Hattori|キッカワ Kikkawa|ホッタ Hotta|ニッタ Nitta|ベップ Beppu
オオオカ Ooka|オオウチ Ouchi|オオウラ Oura|マツウラ Matsuura|カツウラ Katsuura|ヒロオカ Hirooka|キノウチ Kinouchi|タケノウチ Takenouchi
トオヤマ Toyama|コオリヤマ Koriyama|コウラ Kora|クドウ Kudo|ユウコ Yuko|ヨウイチ Yoichi|リョウヘイ Ryohei|シュンペイ Shumpei
ジュンイチ Junichi|ケンイチロウ Kenichiro|シンヤ Shinya|ショウゴ Shogo|チヅル Chizuru|マチコ Machiko|エイジ Eiji|イイダ Iida
ニイイダ Niiida|ヒュウガ Hyuga|リュウノスケ Ryunosuke|ニーナ Nina|マリー Mari|シーナ Shina|ジョージ Joji|ジェームズ Jiemuzu
`
  .trim()
  .split(/[|\n]/)
  .map(pair => pair.split(' ') as [string, string]);

describe('the suggested spelling', () => {
  it('is tried with enough names', () => {
    expect(new Set(golden.map(([kana]) => kana)).size).toBeGreaterThanOrEqual(60);
  });

  it.each(golden)('%s is %s', (kana, roman) => {
    expect(suggestRoman(kana)).toBe(roman);
  });

  it('keeps words apart, and is none for what is no kana', () => {
    expect(suggestRoman('コウノ タロウ')).toBe('Kono Taro');
    expect(suggestRoman('河野 太郎')).toBeNull();
    expect(suggestRoman('サッ')).toBeNull();
    expect(suggestRoman('')).toBeNull();
  });
});

describe('what hands type', () => {
  it.each([
    ['ｶｸｳ ﾀﾛｳ', 'カクウ タロウ'],
    ['かくう　たろう', 'カクウ タロウ'],
    ['ｼﾞｮｰｼﾞ', 'ジョージ'],
    ['ジョ−ジ', 'ジョージ'],
    ['ヴぃくとりあ', 'ヴィクトリア'],
  ])('kana %s is %s', (typed, meant) => {
    expect(katakana(typed)).toBe(meant);
  });

  it.each([
    ['７９９９－９０１－０００００１', '7999901000001'],
    ['7 9999 0100 0001', '7999901000001'],
    ['7―9999‐0100−0001', '7999901000001'],
  ])('digits %s are %s', (typed, meant) => {
    expect(digits(typed)).toBe(meant);
  });

  it('letters in full width, and spaces of any kind', () => {
    expect(halfWidth('Ｏ’Ｂｒｉｅｎ　Ａｎｎｅ－Ｍａｒｉｅ')).toBe("O'Brien Anne-Marie");
    expect(halfWidth('ｔａｒｏ＠ｋａｋｕｕ．ｅｘａｍｐｌｅ')).toBe('taro@kakuu.example');
    expect(spaced(' 髙橋　𠮷郎 ')).toBe('髙橋 𠮷郎');
  });

  it.each([
    ['2026-11-22', '2026-11-22'],
    ['２０２６／１１／２２', '2026-11-22'],
    ['2026年11月22日', '2026-11-22'],
    ['20261122', '2026-11-22'],
    ['令和8年11月22日', '2026-11-22'],
    ['Ｒ８．１１．２２', '2026-11-22'],
    ['令和元年5月1日', '2019-05-01'],
    ['昭和64年1月7日', '1989-01-07'],
    ['h1.1.8', '1989-01-08'],
    ['2024-02-29', '2024-02-29'],
  ])('the day %s is %s', (typed, day) => {
    expect(isoDate(typed)).toBe(day);
  });

  it.each(['2026-02-30', '2026-13-01', '8-11-22', '令和8年', 'someday', '', 'X8.11.22'])('%s is no day', typed => {
    expect(isoDate(typed)).toBeNull();
  });
});
