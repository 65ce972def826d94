# Included by GNUmakefile: what the privilege tables say, for readers.
#   make docs    doc/privileges.md and the blocks between '.\" priv NAME' and '.\" priv end' of the man pages
PRIVILEGES_FROM := shared/fds.h libexec/verbs/deps libexec/verbs/drop.c $(filter-out libexec/verbs/%,$(DEPS)) $(PRIV)

doc/privileges.md: tools/privileges.awk $(PRIVILEGES_FROM)
	@$(AWK) -f tools/privileges.awk $(PRIVILEGES_FROM) > $@.new
	@mv $@.new $@

.PHONY: docs
docs: doc/privileges.md
	@for page in doc/man/*.8; do \
		$(AWK) -v page=1 -f tools/privileges.awk $(PRIVILEGES_FROM) $$page > $$page.new || exit 1; \
		if cmp -s $$page.new $$page; then rm $$page.new; else mv $$page.new $$page; echo "  DOC   $$page"; fi; \
	done
