import CapsuleCore
import CapsuleTestSupport
import OCI
import Testing

@testable import Rendering

/// A chart in the shape of charts that people publish: how it names its image. Each is rendered by helm.
struct HelmShape: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var values: String
    /// The container's image field.
    var image: String
    /// Further lines of the pod's container, of the object's labels, and of the file.
    var container: [String] = []
    var labels: [String] = []
    var head = ""
    var files: [String: String] = [:]
    /// The further images of the release: name in the package, by repository.
    var images: [String: String] = [:]
    /// The explicit values of the application image.
    var explicit: [String: String] = [:]

    /// The chart's files.
    var chart: [String: String] {
        var template = head
        template += """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
              labels:
                app: web

            """
        template += labels.map { "    \($0)\n" }.joined()
        template += """
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers:
                    - name: web
                      image: \(image)

            """
        template += container.map { "        \($0)\n" }.joined()
        return [
            "Chart.yaml": "apiVersion: v2\nname: store\nversion: 0.1.0\nappVersion: \"1.2.3\"\n",
            "values.yaml": values, "templates/web.yaml": template,
        ].merging(files) { $1 }
    }

    func input() throws -> RenderInput {
        let tag = try Tag("git-\(RenderFixture.commit)")
        var options = RenderOptions()
        options.helm.values = explicit.isEmpty ? nil : try HelmValues(explicit)
        return try RenderFixture.input(
            package: chart, policy: ["envTypes/staging.values.yaml": ""], kind: .helm,
            images: images.isEmpty
                ? nil
                : images.sorted { $0.key < $1.key }.map { name, repository in
                    try ReleaseManifest.Image(
                        name: name, repoURL: Repository(repository),
                        tag: name.contains(":") ? Tag(name.split(separator: ":")[1].description) : tag,
                        digest: Digest(RenderFixture.otherDigest))
                }, options: options)
    }

    /// The text of the rendered Deployment.
    static func web(_ rendered: RenderedManifests) throws -> String {
        let file = try #require(rendered.files.first { $0.path.description.contains("deployment_web") })
        return String(decoding: file.content, as: UTF8.self)
    }
}
