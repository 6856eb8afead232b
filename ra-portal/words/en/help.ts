import type { help as ja } from '../ja/help.ts';

export const help: Readonly<Record<keyof typeof ja, string>> = {
  'help.title': 'Importing into {system}',
  'help.lead': 'Have the file (.p12) at hand, and the password that was shown when you picked it up.',
  'help.systems': 'Kind of device',
  'help.system.windows': 'Windows',
  'help.system.macos': 'macOS',
  'help.system.ios': 'iPhone, iPad',
  'help.system.android': 'Android',
  'help.system.linux': 'Linux',
  'help.steps.windows':
    'Double-click the .p12 file, choose “Current User” and go on.\nEnter the password. With “Enable strong private key protection” you are asked each time the key is used. Do not mark the key as exportable.\nLeave the certificate store to be chosen automatically, and finish.\nIf you are asked whether to trust the root CA, compare its thumbprint with the CA certificates at the foot of this page before you say yes.\nOnce the certificate shows under “Personal” in certmgr.msc, browsers and Outlook can use it. In Outlook choose it under Trust Center, Email Security.',
  'help.steps.macos':
    'Double-click the .p12 file: Keychain Access opens.\nChoose the “login” keychain, enter the password and add it.\nOpen the root CA certificate that came with it, compare its fingerprint with the CA certificates at the foot of this page, and set it to “Always Trust”.\nSafari and Mail offer the certificate when they next need one. In Mail press the sign of the signature while you write.',
  'help.steps.ios':
    'Save the .p12 in Files and tap it once: “Profile Downloaded” appears.\nOpen Settings, “Profile Downloaded”, and press Install.\nEnter the passcode of the device, then the password of the .p12.\nTurn the root CA on under Settings, General, About, Certificate Trust Settings, after comparing its fingerprint.\nFor signed mail turn S/MIME on under Settings, Apps, Mail, Accounts, your account, Advanced.',
  'help.steps.android':
    'Save the .p12 on the device.\nOpen Settings, Security, Encryption and credentials, Install a certificate, “VPN and app user certificate”, and choose the file.\nEnter the password and give it a name. You may be asked to set a screen lock.\nA page that wants you to sign in then lets you choose the certificate. Old devices that cannot read an AES-256 file need a computer instead.',
  'help.steps.linux':
    'Firefox and Thunderbird: Settings, Privacy and Security, View Certificates, Your Certificates, Import; choose the .p12 and enter the password.\nImport the root CA under Authorities in the same window, and trust it after comparing its fingerprint.\nChrome and Chromium: Settings, Privacy and security, Manage certificates. By command: pk12util -d sql:$HOME/.pki/nssdb -i FILE.p12\nTo look inside: openssl pkcs12 -in FILE.p12 -info -nokeys',
  'help.after': 'Afterwards',
  'help.after.keep':
    'Keep the .p12 and its password in two safe places. Who encrypts mail needs them later to read old mail.',
  'help.after.erase': 'Erase the file from a device that others use, too.',
  'help.root': 'The certificates of root CA and issuing CA are at the foot of this page.',
  'changes.title': 'Loss, changes, revocation',
  'changes.lead':
    'What a certificate says cannot be changed afterwards. After a loss or a change: revoke, and apply anew.',
  'changes.lost': 'Lost, stolen, or known to somebody else',
  'changes.lost.text':
    'Revoke at once. If it may turn up, you can put the certificate on hold. Open your application with reception number and access code and go to “Revoke the certificate”.',
  'changes.changed': 'Name, organisation or mail address has changed',
  'changes.changed.text':
    'Revoke for “Affiliation changed” and apply with what is right now. When somebody leaves, the desk of the organisation can revoke, too.',
  'changes.secret': 'Pick-up secret or access code is lost',
  'changes.secret.text':
    'Without the pick-up secret the key cannot be opened: revoke the certificate or let the time pass, and apply anew. Without the access code ask the desk of your organisation, or an officer, to revoke.',
  'changes.other': 'You found a problem with somebody else’s certificate',
  'changes.find': 'Enter the reception number to open an application',
};
