/* A PKCS#11 module that is SoftHSM until the file CONTROL says otherwise; TRIES counts what reached the token. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkcs11.h"

static CK_FUNCTION_LIST real;
static CK_FUNCTION_LIST list;

static int told(const char *word) {
  char text[32] = "";
  FILE *file = fopen(CONTROL, "r");
  if (file == NULL) return 0;
  if (fgets(text, sizeof text, file) == NULL) text[0] = 0;
  fclose(file);
  return strcmp(text, word) == 0;
}

static int told_once(const char *word) { return told(word) && unlink(CONTROL) == 0; }

static void note(const char *what) {
  FILE *file = fopen(TRIES, "a");
  if (file == NULL) return;
  fputs(what, file);
  fclose(file);
}

/* What every call meets. */
static CK_RV weather(void) {
  while (told("hang")) sleep(3600);
  if (told("crash")) abort();
  return told("removed") ? CKR_DEVICE_REMOVED : CKR_OK;
}

static CK_RV initialize(CK_VOID_PTR arguments) {
  while (told("hang")) sleep(3600);
  return real.C_Initialize(arguments);
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count) {
  if (!told("removed")) return real.C_GetSlotList(present, slots, count);
  *count = 0;
  return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
  CK_RV rv = weather();
  return rv == CKR_OK ? real.C_GetTokenInfo(slot, info) : CKR_TOKEN_NOT_PRESENT;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length) {
  note("login\n");
  return real.C_Login(session, user, pin, length);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  CK_SESSION_INFO info;
  CK_RV rv = weather();
  if (rv != CKR_OK) return rv;
  if (told_once("stale")) return CKR_KEY_HANDLE_INVALID;
  if (told_once("drop")) {
    real.C_GetSessionInfo(session, &info);
    real.C_CloseAllSessions(info.slotID);
  }
  return real.C_SignInit(session, mechanism, key);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out, CK_ULONG_PTR outLength) {
  CK_RV rv;
  while (told("hang in sign")) sleep(3600);
  rv = weather();
  if (rv != CKR_OK) return rv;
  note("sign\n");
  return real.C_Sign(session, data, length, out, outLength);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR given) {
  CK_FUNCTION_LIST_PTR found;
  void *library = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
  CK_C_GetFunctionList get = library == NULL ? NULL : (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
  if (get == NULL || get(&found) != CKR_OK) return CKR_GENERAL_ERROR;
  real = *found;
  list = real;
  list.C_Initialize = initialize;
  list.C_GetSlotList = get_slot_list;
  list.C_GetTokenInfo = get_token_info;
  list.C_Login = login;
  list.C_SignInit = sign_init;
  list.C_Sign = sign;
  *given = &list;
  return CKR_OK;
}
