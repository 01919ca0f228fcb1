/// Runs `body` for each item, at most `width` at a time, and returns the results in the order of the items. The first
/// error cancels the rest.
package func concurrently<Item: Sendable, Result: Sendable>(
    _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results: [Result?] = Array(repeating: nil, count: items.count)
        var rest = items.enumerated().makeIterator()
        func addNext() {
            guard let (index, item) = rest.next() else { return }
            group.addTask { (index, try await body(item)) }
        }
        for _ in 0..<width { addNext() }
        while let (index, result) = try await group.next() {
            results[index] = result
            try Task.checkCancellation()
            addNext()
        }
        return results.compactMap { $0 }
    }
}
