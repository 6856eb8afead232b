import type { Page } from 'playwright-core';
import { person } from './an-application.ts';

/** What a person types, page by page: kana in half width, digits in full width, a spelling of their own. */
export const typed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  person: { kanjiFamily: '架空', kanjiGiven: '太郎', kanaFamily: 'ｶｸｳ', kanaGiven: 'たろう' },
  roman: { romanFamily: 'Kakuu', romanGiven: 'Taro' },
  organisation: { corporateNumber: '７９９９９０１－０００００１', organisationName: person.organisationName },
  contact: { mailbox: person.mailbox },
};

/** Goes through all steps of a draft that is begun, up to the last check. */
export async function answerSteps(page: Page, url: string): Promise<void> {
  for (const [step, fields] of Object.entries(typed)) {
    await page.goto(`${url}/apply/${step}?lang=ja`);
    for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
    if (step === 'contact') await page.locator('#keyAlgorithm').selectOption('p-256');
    await page.getByRole('button', { name: '保存して次へ' }).click();
  }
  await page.getByRole('link', { name: '確認へ進む' }).click();
}
