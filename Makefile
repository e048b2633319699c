.DEFAULT_GOAL := help
.PHONY: help demo test dev check bootstrap page sqlx generate clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
demo: ## set up, do one real agent run to its visible end (KEEP=1 leaves the dashboard up)
	@scripts/demo
test: ## set up, run every check and every test
	@scripts/test
dev: ## set up, start everything on this machine
	@scripts/dev
check: ## format, lints, licences, fences, generated files, docs
	@scripts/check
bootstrap: ## fetch what tests and demo need
	@scripts/bootstrap test
page: ## build the dashboard
	@scripts/page
sqlx: ## refresh .sqlx after a change of queries or migrations
	@scripts/sqlx
generate: ## refresh docs/openapi.json, the lists of settings and the page's types
	@scripts/generate
clean: ## remove what was built; state and tools stay
	@cargo clean && rm -rf static/dist static/node_modules
