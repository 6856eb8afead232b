import type { TokenHolder, UsbToken } from '../../../ra-portal/store/usb-tokens.ts';
import { nobodys } from '../../../ra-portal/tokens/enter-tokens.ts';
import { person } from './an-application.ts';

/** A blank one, as the inventory has it. */
export const aToken = (serial: string): UsbToken => ({
  ...{ serial, model: 'SoftHSM v2', station: 'station-desk', state: 'unformatted', changedAt: 1_795_333_239 },
  ...nobodys,
});

export const holder: TokenHolder = {
  name: person.kanjiName,
  mailbox: person.mailbox,
  organisationName: person.organisationName,
  corporateNumber: person.corporateNumber,
};
