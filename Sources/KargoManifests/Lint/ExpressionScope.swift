/// What an expression may refer to where it stands.
struct ExpressionScope {
    /// Whether it stands in a task, whose outputs are `task.outputs` and whose variables may come from outside.
    let isTask: Bool
    var variables: Set<String> = []
    /// The steps before, with their outputs; nil for unknown ones.
    var earlier: [String: Set<String>?] = [:]
    /// The names of the steps before.
    var ran: Set<String> = []
    /// The names of all steps.
    var all: [String] = []
    var hasOutputs = false
    var allowsStatus = false

    init(isTask: Bool) { self.isTask = isTask }
}
