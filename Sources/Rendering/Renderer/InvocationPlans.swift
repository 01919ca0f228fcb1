/// The plans of one render, each made once: they differ by the program.
struct InvocationPlans {
    private let input: RenderInput
    private var plans: [String: Invocation] = [:]

    init(_ input: RenderInput) { self.input = input }

    /// The plan for a program, `kustomize`, `kubectl` or `helm`.
    ///
    /// - Throws: `RenderRejection` with the findings of the scan.
    mutating func plan(for tool: String) throws -> Invocation {
        if let known = plans[tool] { return known }
        let invocation = try Invocation.plan(input, tool: tool)
        guard invocation.findings.isEmpty else {
            throw RenderRejection(deployment: input.deployment.name, findings: invocation.findings)
        }
        plans[tool] = invocation
        return invocation
    }
}
