internal import Support

/// Finds cycles of kustomizations: kustomize rejects them only after it has followed them.
enum KustomizeCycles {
    /// Returns a finding for one of the cycles; nothing when no cycle exists.
    static func find(_ edges: [String: [KustomizeEdge]]) -> [Finding] {
        // Directories that nothing refers to are removed repeatedly. Those that remain are in a cycle, or are reached
        // from one.
        var incoming: [String: Int] = [:]
        for edge in edges.values.joined() { incoming[edge.target, default: 0] += 1 }
        var free = edges.keys.filter { incoming[$0] == nil }
        var left = Set(edges.keys)
        while let directory = free.popLast() {
            left.remove(directory)
            for edge in edges[directory] ?? [] {
                let count = (incoming[edge.target] ?? 1) - 1
                incoming[edge.target] = count
                if count == 0, left.contains(edge.target) { free.append(edge.target) }
            }
        }
        // Every remaining directory is referred to by another remaining one, so walking backwards returns to a visited
        // one.
        guard var current = left.min() else { return [] }
        var referrers: [String: KustomizeEdge] = [:]
        var sources: [String: String] = [:]
        for source in left.sorted() {
            for edge in edges[source] ?? [] where left.contains(edge.target) && referrers[edge.target] == nil {
                referrers[edge.target] = edge
                sources[edge.target] = source
            }
        }
        var path: [String] = []
        var positions: [String: Int] = [:]
        while positions[current] == nil {
            positions[current] = path.count
            path.append(current)
            guard let source = sources[current] else { return [] }
            current = source
        }
        let cycle = Array(path[(positions[current] ?? 0)...].reversed())
        guard let first = cycle.min(), let start = cycle.firstIndex(of: first),
            let edge = referrers[first]
        else { return [] }
        let turn = Array(cycle[start...] + cycle[..<start]) + [first]
        return [
            Finding(
                rule: "package.cycle", file: edge.file, line: edge.line,
                message: "these kustomizations lead back to themselves: "
                    + turn.map { quoted($0.isEmpty ? "." : $0) }.joined(separator: " → "),
                remedy: "remove one of the references")
        ]
    }
}
