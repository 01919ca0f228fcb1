/// placeholder
enum LintRule {}
