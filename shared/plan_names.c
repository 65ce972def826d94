/* The names of the records and fields of plan.def, for plan-dump and tests: dmz, whose size is limited,
 * must not have them. */
#include "plan.h"

/* clang-format off */
#define RECORD(n)  static const char *const names_##n[] = {
#define STR(f)	   #f,
#define BOOL(f)	   #f,
#define U64(f)	   #f,
#define I64(f)	   #f,
#define U32(f)	   #f,
#define ID(f)	   #f,
#define ENUM(f, m) #f,
#define OPT_U64(f) #f,
#define OPT_I64(f) #f,
#define OPT_ID(f)  #f,
#define LIST(f, r) #f,
#define END(n)	   };
#include "plan.def"
#include "plan_undef.h"

const char *const *const plan_field_names[PLAN_RECORD_COUNT] = {
#define RECORD(n) names_##n,
#include "plan_empty.h"
#include "plan.def"
#include "plan_undef.h"
};

const char *const plan_type_names[PLAN_RECORD_COUNT] = {
#define RECORD(n) #n,
#include "plan_empty.h"
#include "plan.def"
#include "plan_undef.h"
};
/* clang-format on */
