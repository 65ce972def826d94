/* Every macro of plan.def but RECORD as nothing, for an inclusion that is only about the records.
 * No include guard. */
#define STR(f)
#define BOOL(f)
#define U64(f)
#define I64(f)
#define U32(f)
#define ID(f)
#define ENUM(f, m)
#define OPT_U64(f)
#define OPT_I64(f)
#define OPT_ID(f)
#define LIST(f, r)
#define END(n)
