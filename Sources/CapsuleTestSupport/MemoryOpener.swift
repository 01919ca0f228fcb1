package import OCI

/// Opens the stores that a test has made. Every other place is unavailable.
package struct MemoryOpener: ContentOpener {
    private let stores: [MemoryStore]

    /// Makes an opener of some stores, each at its own place.
    package init(_ stores: [MemoryStore]) { self.stores = stores }

    /// The store at a place.
    package func source(_ place: Place) async throws -> any ContentSource { try await store(place) }

    /// The store at a place.
    package func store(_ place: Place) async throws -> any ContentStore {
        guard let store = stores.first(where: { $0.place == place }) else {
            throw OCIError(.unavailable, "\(place) cannot be reached")
        }
        return store
    }
}
