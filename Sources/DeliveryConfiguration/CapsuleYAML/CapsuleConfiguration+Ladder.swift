internal import Documents
internal import Rendering
internal import Support

extension CapsuleConfiguration {
    /// Validates the stages: names are valid and unique, every upstream stage exists, and the stages form no cycle.
    static func check(_ stages: [Stage]) throws(DocumentError) {
        var names: Set<String> = []
        for stage in stages {
            guard isDNSLabel(stage.name) else {
                throw ladder(
                    "the stage name \(quoted(stage.name)) is not usable; use 1 to 63 lowercase letters, digits and "
                        + "inner dashes")
            }
            guard names.insert(stage.name).inserted else { throw ladder("there are two stages named \(stage.name)") }
        }
        for stage in stages {
            guard stage.soak == nil || !stage.after.isEmpty else {
                throw ladder(
                    "stage \(stage.name) has a soak time and no upstream stage to soak on; name one with after, or "
                        + "remove soak")
            }
            for upstream in stage.after where !names.contains(upstream) {
                throw ladder(
                    "stage \(stage.name) comes after \(quoted(upstream)), which is not a stage; the stages there are: "
                        + stages.map(\.name).joined(separator: ", "))
            }
        }
        if let cycle = cycle(stages) {
            throw ladder("the stages wait for each other: \(cycle.joined(separator: " after "))")
        }
    }

    /// The stages on a cycle, with the first one repeated at the end; nil when there is no cycle.
    private static func cycle(_ stages: [Stage]) -> [String]? {
        var settled: Set<String> = []
        var path: [String] = []
        func visit(_ name: String) -> [String]? {
            if let start = path.firstIndex(of: name) { return Array(path[start...]) + [name] }
            guard !settled.contains(name), let stage = stages.first(where: { $0.name == name }) else { return nil }
            path.append(name)
            for upstream in stage.after {
                if let found = visit(upstream) { return found }
            }
            path.removeLast()
            settled.insert(name)
            return nil
        }
        for stage in stages {
            if let found = visit(stage.name) { return found }
        }
        return nil
    }

    private static func ladder(_ message: String) -> DocumentError { DocumentError(.invalidDocument, message) }
}
