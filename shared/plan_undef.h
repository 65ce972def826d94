/* Forgets the macros of one inclusion of plan.def. No include guard: it is included after each of them. */
#undef RECORD
#undef STR
#undef BOOL
#undef U64
#undef I64
#undef U32
#undef ID
#undef ENUM
#undef OPT_U64
#undef OPT_I64
#undef OPT_ID
#undef LIST
#undef END
