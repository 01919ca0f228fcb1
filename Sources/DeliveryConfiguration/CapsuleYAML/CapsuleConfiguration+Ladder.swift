internal import CapsuleCore
internal import Documents
internal import GitOps
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

    /// Validates the branches: the policy branch, the branch of each stage and its review branches are all different,
    /// and Git can store them side by side. A branch `a` excludes every branch `a/b`. Names that differ by letter case
    /// only are one name for a server whose file system does not distinguish them.
    func checkBranches() throws(DocumentError) {
        var branches = [(name: gitops.branch.description, what: "the policy branch")]
        for stage in stages {
            let what = "the branch of stage \(stage.name)"
            do throws(CapsuleError) {
                branches.append((try stageBranch(stage.name).description, what))
            } catch {
                throw Self.ladder("\(what), which gitops.stageBranch names, is not usable: \(error.message)")
            }
            guard stage.review != .none else { continue }
            let reviews = reviewBranchPrefix(stage.name).dropLast()
            branches.append((String(reviews), "the directory of the review branches of stage \(stage.name)"))
        }
        if form == .pair {
            branches.append(
                (String(witnessBranchPrefix.dropLast()), "the directory of the review branches of witnesses"))
        }
        let sorted = branches.map { (name: $0.name.lowercased(), branch: $0) }
            .sorted { Self.inPathOrder($0.name, $1.name) }
        for (first, second) in zip(sorted, sorted.dropFirst())
        where first.name == second.name || second.name.hasPrefix("\(first.name)/") {
            throw Self.ladder(
                "\(first.branch.what) is \(quoted(first.branch.name)), and \(second.branch.what) is "
                    + "\(quoted(second.branch.name)); change gitops.branch, gitops.stageBranch or the name of the stage so "
                    + "that none equals or contains another")
        }
    }

    /// Orders names so that a name is directly before the names that it contains.
    private static func inPathOrder(_ left: String, _ right: String) -> Bool {
        left.utf8.map { $0 == 0x2F ? 0 : $0 }.lexicographicallyPrecedes(right.utf8.map { $0 == 0x2F ? 0 : $0 })
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
