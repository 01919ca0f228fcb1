// swift-format-ignore-file

internal import CapsuleCore
internal import CapsuleTrust
internal import GitOps
internal import HTTPServer
internal import OCI
internal import Promotion
internal import Rendering
internal import Signing
internal import Support

/// The description of the service that `/openapi.json` gives; `docs/openapi.json` is the same text. A resource would be a file
/// beside the program, and the program is one file.
enum OpenAPIDocument {
    static let json = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Release Capsule",
            "version": "1.0.0",
            "summary": "Proves that an image and a capsule are one release, and promotes exactly that.",
            "license": {
              "name": "Apache-2.0",
              "identifier": "Apache-2.0"
            }
          },
          "servers": [
            {
              "url": "/"
            }
          ],
          "paths": {
            "/verify": {
              "post": {
                "operationId": "verify",
                "summary": "Run the whole chain of checks on a release",
                "description": "Fetches the capsule by digest and runs every check of `capsule verify`, that of the signature too where the service was started with keys. With `render` it also asks the stage's policy for evidence and its gates, renders with the policy of that very commit, and runs the proofs.",
                "security": [
                  {
                    "token": []
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/VerifyRequest"
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "Every check holds, and every gate and proof where a render was asked for.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Verdict"
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "408": {
                    "$ref": "#/components/responses/Slow"
                  },
                  "413": {
                    "$ref": "#/components/responses/TooLarge"
                  },
                  "422": {
                    "description": "The answer is no. Without `checks`, the question has no answer at that policy: there is no such stage or commit.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "anyOf": [
                            {
                              "$ref": "#/components/schemas/Verdict"
                            },
                            {
                              "$ref": "#/components/schemas/Problem"
                            }
                          ]
                        }
                      }
                    }
                  },
                  "429": {
                    "$ref": "#/components/responses/Busy"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  }
                }
              }
            },
            "/v1/promotions": {
              "post": {
                "operationId": "promote",
                "summary": "Promote a release to a stage",
                "description": "Idempotent by freight, stage and policy commit. Ask again to hear how it ended.",
                "security": [
                  {
                    "token": []
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/PromotionRequest"
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "The stage, or its review branch, holds the release.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Promotion"
                        }
                      }
                    }
                  },
                  "202": {
                    "description": "It is under way.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "Retry-After": {
                        "$ref": "#/components/headers/RetryAfter"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Promotion"
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "408": {
                    "$ref": "#/components/responses/Slow"
                  },
                  "409": {
                    "description": "Another promotion to that stage is under way.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "Retry-After": {
                        "$ref": "#/components/headers/RetryAfter"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "413": {
                    "$ref": "#/components/responses/TooLarge"
                  },
                  "422": {
                    "description": "A check, a gate, a proof or the remote says no.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "anyOf": [
                            {
                              "$ref": "#/components/schemas/Promotion"
                            },
                            {
                              "$ref": "#/components/schemas/Problem"
                            }
                          ]
                        }
                      }
                    }
                  },
                  "429": {
                    "$ref": "#/components/responses/Busy"
                  },
                  "503": {
                    "description": "It could not be found out: a registry or Git cannot be reached, or the service stops. The same call tries again.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "Retry-After": {
                        "$ref": "#/components/headers/RetryAfter"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "anyOf": [
                            {
                              "$ref": "#/components/schemas/Promotion"
                            },
                            {
                              "$ref": "#/components/schemas/Problem"
                            }
                          ]
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/promotions/{id}": {
              "get": {
                "operationId": "promotion",
                "summary": "Say what became of a promotion",
                "security": [
                  {
                    "token": []
                  }
                ],
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "schema": {
                      "type": "string",
                      "pattern": "^[0-9a-f]{64}$"
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The stage, or its review branch, holds the release.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Promotion"
                        }
                      }
                    }
                  },
                  "202": {
                    "description": "It is under way.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "Retry-After": {
                        "$ref": "#/components/headers/RetryAfter"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Promotion"
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "404": {
                    "description": "This service knows no such promotion.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "422": {
                    "description": "A check, a gate, a proof or the remote says no.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Promotion"
                        }
                      }
                    }
                  },
                  "503": {
                    "description": "It could not be found out: a registry or Git cannot be reached, or the service stops. The same call tries again.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "Retry-After": {
                        "$ref": "#/components/headers/RetryAfter"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "anyOf": [
                            {
                              "$ref": "#/components/schemas/Promotion"
                            },
                            {
                              "$ref": "#/components/schemas/Problem"
                            }
                          ]
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/statements": {
              "post": {
                "operationId": "attest",
                "summary": "State beside a capsule that a stage holds it",
                "description": "For pipelines that push by themselves, where the service was started with `--attest-key`. The release is verified, rendered and proven as for a promotion, and must be what the stage branch holds. Nothing is pushed to Git. Idempotent.",
                "security": [
                  {
                    "token": []
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/StatementRequest"
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "The statement stands beside the capsule.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Statement"
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "408": {
                    "$ref": "#/components/responses/Slow"
                  },
                  "409": {
                    "description": "The stage branch holds something else, or does so still. Nothing is stated.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "Retry-After": {
                        "$ref": "#/components/headers/RetryAfter"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Statement"
                        }
                      }
                    }
                  },
                  "413": {
                    "$ref": "#/components/responses/TooLarge"
                  },
                  "422": {
                    "description": "A check, a gate or a proof says no, by the policy of the commit or by today's, or what stands there is not what a promotion writes. Nothing is stated.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "anyOf": [
                            {
                              "$ref": "#/components/schemas/Statement"
                            },
                            {
                              "$ref": "#/components/schemas/Problem"
                            }
                          ]
                        }
                      }
                    }
                  },
                  "429": {
                    "$ref": "#/components/responses/Busy"
                  },
                  "503": {
                    "description": "It could not be found out, or the statement could not be written. The same call tries again.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "Retry-After": {
                        "$ref": "#/components/headers/RetryAfter"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "anyOf": [
                            {
                              "$ref": "#/components/schemas/Statement"
                            },
                            {
                              "$ref": "#/components/schemas/Problem"
                            }
                          ]
                        }
                      }
                    }
                  }
                }
              }
            },
            "/healthz": {
              "get": {
                "operationId": "health",
                "summary": "Whether the process answers",
                "responses": {
                  "200": {
                    "description": "It does.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Ok"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/readyz": {
              "get": {
                "operationId": "ready",
                "summary": "Whether the service takes work",
                "responses": {
                  "200": {
                    "description": "It does.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Ok"
                        }
                      }
                    }
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  }
                }
              }
            },
            "/metrics": {
              "get": {
                "operationId": "metrics",
                "summary": "Metrics for Prometheus",
                "responses": {
                  "200": {
                    "description": "Text format 0.0.4.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "text/plain": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/openapi.json": {
              "get": {
                "operationId": "document",
                "summary": "This document",
                "responses": {
                  "200": {
                    "description": "OpenAPI 3.1.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  }
                }
              }
            }
          },
          "components": {
            "securitySchemes": {
              "token": {
                "type": "http",
                "scheme": "bearer"
              }
            },
            "headers": {
              "RequestId": {
                "description": "Ties the answer to lines in the log; taken over from the request where it is harmless.",
                "schema": {
                  "type": "string"
                }
              },
              "RetryAfter": {
                "description": "After how many seconds to ask again.",
                "schema": {
                  "type": "integer"
                }
              }
            },
            "responses": {
              "BadRequest": {
                "description": "The request is malformed: the reason names the key.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "Unauthorized": {
                "description": "There is no token, or one that is not known here.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  },
                  "WWW-Authenticate": {
                    "schema": {
                      "type": "string"
                    }
                  }
                },
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "Forbidden": {
                "description": "The token lacks the role, or a repository is not allowed here. Nothing was sent anywhere.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "Slow": {
                "description": "The request did not arrive in time; the connection is closed.",
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "TooLarge": {
                "description": "The body has more than 65536 bytes; it is not read on.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "Busy": {
                "description": "As many requests wait as may.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  },
                  "Retry-After": {
                    "$ref": "#/components/headers/RetryAfter"
                  }
                },
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              },
              "Unavailable": {
                "description": "There is no verdict: a registry or Git cannot be reached, the work took too long, or the service stops. Ask again.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  },
                  "Retry-After": {
                    "$ref": "#/components/headers/RetryAfter"
                  }
                },
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              }
            },
            "schemas": {
              "Digest": {
                "type": "string",
                "description": "A digest.",
                "pattern": "^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$"
              },
              "CommitId": {
                "type": "string",
                "description": "A full Git commit id.",
                "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"
              },
              "Tag": {
                "type": "string",
                "description": "A tag.",
                "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"
              },
              "Repository": {
                "type": "string",
                "description": "A repository with its registry, never shortened.",
                "maxLength": 255,
                "pattern": "^[a-z0-9.-]+(:[0-9]{1,5})?/[a-z0-9]+([._/-][a-z0-9]+)*$",
                "examples": [
                  "registry.example.com/shop/web"
                ]
              },
              "StageName": {
                "type": "string",
                "description": "The name of a stage.",
                "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
              },
              "Problem": {
                "type": "object",
                "description": "Why there is no verdict.",
                "required": [
                  "ok",
                  "reason"
                ],
                "properties": {
                  "ok": {
                    "const": false
                  },
                  "reason": {
                    "type": "string",
                    "description": "What is wrong, and what to do."
                  }
                }
              },
              "Ok": {
                "type": "object",
                "required": [
                  "ok"
                ],
                "properties": {
                  "ok": {
                    "const": true
                  }
                }
              },
              "PinnedImage": {
                "type": "object",
                "description": "An image or a capsule by repository, tag and digest.",
                "required": [
                  "repoURL",
                  "tag",
                  "digest"
                ],
                "additionalProperties": false,
                "properties": {
                  "repoURL": {
                    "$ref": "#/components/schemas/Repository"
                  },
                  "tag": {
                    "$ref": "#/components/schemas/Tag"
                  },
                  "digest": {
                    "$ref": "#/components/schemas/Digest"
                  }
                }
              },
              "VerifyRequest": {
                "type": "object",
                "required": [
                  "image",
                  "capsule"
                ],
                "additionalProperties": false,
                "properties": {
                  "image": {
                    "$ref": "#/components/schemas/PinnedImage"
                  },
                  "capsule": {
                    "type": "object",
                    "required": [
                      "repoURL",
                      "tag"
                    ],
                    "additionalProperties": false,
                    "properties": {
                      "repoURL": {
                        "$ref": "#/components/schemas/Repository"
                      },
                      "tag": {
                        "$ref": "#/components/schemas/Tag"
                      },
                      "digest": {
                        "anyOf": [
                          {
                            "$ref": "#/components/schemas/Digest"
                          },
                          {
                            "type": "null"
                          }
                        ]
                      }
                    }
                  },
                  "release": {
                    "anyOf": [
                      {
                        "$ref": "#/components/schemas/ReleaseClaim"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "render": {
                    "anyOf": [
                      {
                        "$ref": "#/components/schemas/RenderOrder"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  }
                }
              },
              "ReleaseClaim": {
                "type": "object",
                "description": "What the caller believes about the release; compared with what the capsule says, never trusted.",
                "additionalProperties": false,
                "properties": {
                  "gitCommit": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "packageKind": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "packagePath": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "packageEntry": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "packageDigest": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "imageName": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "image": {
                    "anyOf": [
                      {
                        "$ref": "#/components/schemas/ClaimedSubject"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "capsule": {
                    "anyOf": [
                      {
                        "$ref": "#/components/schemas/ClaimedSubject"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "package": {
                    "anyOf": [
                      {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": {
                          "kind": {
                            "anyOf": [
                              {
                                "type": "string"
                              },
                              {
                                "type": "null"
                              }
                            ]
                          },
                          "path": {
                            "anyOf": [
                              {
                                "type": "string"
                              },
                              {
                                "type": "null"
                              }
                            ]
                          },
                          "entry": {
                            "anyOf": [
                              {
                                "type": "string"
                              },
                              {
                                "type": "null"
                              }
                            ]
                          },
                          "imageName": {
                            "anyOf": [
                              {
                                "type": "string"
                              },
                              {
                                "type": "null"
                              }
                            ]
                          },
                          "digest": {
                            "anyOf": [
                              {
                                "type": "string"
                              },
                              {
                                "type": "null"
                              }
                            ]
                          }
                        }
                      },
                      {
                        "type": "null"
                      }
                    ]
                  }
                }
              },
              "ClaimedSubject": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                  "repoURL": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "tag": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "digest": {
                    "anyOf": [
                      {
                        "type": "string"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  }
                }
              },
              "GitOpsCommit": {
                "type": "object",
                "required": [
                  "repository",
                  "commit"
                ],
                "additionalProperties": false,
                "properties": {
                  "repository": {
                    "type": "string",
                    "description": "The remote, exactly as the service was told that it may be used."
                  },
                  "commit": {
                    "$ref": "#/components/schemas/CommitId"
                  }
                }
              },
              "RenderOrder": {
                "type": "object",
                "description": "Asks also what a promotion to a stage would write. Nothing is pushed.",
                "required": [
                  "stage",
                  "gitops"
                ],
                "additionalProperties": false,
                "properties": {
                  "stage": {
                    "$ref": "#/components/schemas/StageName"
                  },
                  "gitops": {
                    "$ref": "#/components/schemas/GitOpsCommit"
                  },
                  "kargo": {
                    "anyOf": [
                      {
                        "type": "boolean",
                        "description": "Kargo renders: the overlay that it starts from must be the generated one at that commit."
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "rollback": {
                    "anyOf": [
                      {
                        "type": "boolean"
                      },
                      {
                        "type": "string",
                        "enum": [
                          "held"
                        ],
                        "description": "an older release may go to a stage that held it before, by digest"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  }
                }
              },
              "Check": {
                "type": "object",
                "required": [
                  "id",
                  "status",
                  "evidence"
                ],
                "properties": {
                  "id": {
                    "type": "string",
                    "description": "The check, such as image.digest."
                  },
                  "status": {
                    "enum": [
                      "pass",
                      "fail",
                      "skipped"
                    ]
                  },
                  "evidence": {
                    "type": "object",
                    "additionalProperties": {
                      "type": "string"
                    }
                  },
                  "reason": {
                    "type": "string"
                  },
                  "remedy": {
                    "type": "string"
                  }
                }
              },
              "Release": {
                "type": "object",
                "description": "What release.yaml says.",
                "required": [
                  "gitCommit",
                  "packageKind",
                  "packagePath",
                  "image",
                  "capsule"
                ],
                "properties": {
                  "gitCommit": {
                    "$ref": "#/components/schemas/CommitId"
                  },
                  "packageKind": {
                    "enum": [
                      "kustomize",
                      "helm"
                    ]
                  },
                  "packagePath": {
                    "type": "string"
                  },
                  "packageEntry": {
                    "type": "string"
                  },
                  "packageDigest": {
                    "$ref": "#/components/schemas/Digest"
                  },
                  "imageName": {
                    "type": "string"
                  },
                  "image": {
                    "type": "object",
                    "required": [
                      "repoURL",
                      "tag"
                    ],
                    "properties": {
                      "repoURL": {
                        "$ref": "#/components/schemas/Repository"
                      },
                      "tag": {
                        "$ref": "#/components/schemas/Tag"
                      },
                      "digest": {
                        "$ref": "#/components/schemas/Digest"
                      }
                    }
                  },
                  "capsule": {
                    "type": "object",
                    "required": [
                      "repoURL"
                    ],
                    "properties": {
                      "repoURL": {
                        "type": "string"
                      },
                      "tag": {
                        "$ref": "#/components/schemas/Tag"
                      },
                      "digest": {
                        "$ref": "#/components/schemas/Digest"
                      }
                    }
                  }
                }
              },
              "Gate": {
                "type": "object",
                "required": [
                  "gate",
                  "ok",
                  "reason"
                ],
                "properties": {
                  "gate": {
                    "enum": [
                      "after",
                      "soak",
                      "requires",
                      "order",
                      "digest",
                      "evidence"
                    ]
                  },
                  "subject": {
                    "type": "string"
                  },
                  "ok": {
                    "type": "boolean"
                  },
                  "reason": {
                    "type": "string"
                  },
                  "remedy": {
                    "type": "string"
                  },
                  "opensAt": {
                    "type": "string",
                    "description": "RFC 3339."
                  }
                }
              },
              "Finding": {
                "type": "object",
                "required": [
                  "severity",
                  "rule",
                  "message",
                  "remedy"
                ],
                "properties": {
                  "severity": {
                    "enum": [
                      "error",
                      "warning"
                    ]
                  },
                  "rule": {
                    "type": "string"
                  },
                  "file": {
                    "type": "string"
                  },
                  "line": {
                    "type": "integer"
                  },
                  "message": {
                    "type": "string"
                  },
                  "remedy": {
                    "type": "string"
                  }
                }
              },
              "Renderer": {
                "type": "object",
                "required": [
                  "name",
                  "version"
                ],
                "properties": {
                  "name": {
                    "type": "string"
                  },
                  "version": {
                    "type": "string"
                  }
                }
              },
              "Render": {
                "type": "object",
                "description": "What a promotion would write.",
                "required": [
                  "stage",
                  "ok",
                  "gates",
                  "findings"
                ],
                "properties": {
                  "stage": {
                    "$ref": "#/components/schemas/StageName"
                  },
                  "ok": {
                    "type": "boolean"
                  },
                  "gates": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Gate"
                    }
                  },
                  "findings": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Finding"
                    },
                    "description": "Why the render is refused; empty when it is not."
                  },
                  "digest": {
                    "$ref": "#/components/schemas/Digest"
                  },
                  "renderer": {
                    "$ref": "#/components/schemas/Renderer"
                  },
                  "images": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "required": [
                        "image",
                        "newName",
                        "digest"
                      ],
                      "properties": {
                        "image": {
                          "type": "string",
                          "description": "The name in the package."
                        },
                        "newName": {
                          "$ref": "#/components/schemas/Repository"
                        },
                        "digest": {
                          "$ref": "#/components/schemas/Digest"
                        }
                      }
                    },
                    "description": "The images to pin, in order, in the shape of kustomize-set-image."
                  },
                  "record": {
                    "type": "string",
                    "description": "The bytes of release-metadata.yaml."
                  },
                  "hydrator": {
                    "type": "string",
                    "description": "The bytes of hydrator.metadata."
                  },
                  "message": {
                    "type": "string",
                    "description": "The commit message that a promotion uses."
                  },
                  "change": {
                    "enum": [
                      "none",
                      "awaits-review",
                      "commit",
                      "refused"
                    ]
                  },
                  "branch": {
                    "type": "string"
                  },
                  "reviewBranch": {
                    "type": "string"
                  }
                }
              },
              "Verdict": {
                "type": "object",
                "required": [
                  "ok",
                  "reason",
                  "checks"
                ],
                "properties": {
                  "ok": {
                    "type": "boolean"
                  },
                  "reason": {
                    "type": "string",
                    "description": "One line."
                  },
                  "release": {
                    "$ref": "#/components/schemas/Release"
                  },
                  "checks": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Check"
                    }
                  },
                  "render": {
                    "$ref": "#/components/schemas/Render"
                  }
                }
              },
              "Freight": {
                "type": "object",
                "required": [
                  "image",
                  "capsule"
                ],
                "additionalProperties": false,
                "properties": {
                  "image": {
                    "$ref": "#/components/schemas/PinnedImage"
                  },
                  "capsule": {
                    "$ref": "#/components/schemas/PinnedImage"
                  }
                }
              },
              "PromotionRequest": {
                "type": "object",
                "required": [
                  "freight",
                  "stage",
                  "gitops"
                ],
                "additionalProperties": false,
                "properties": {
                  "freight": {
                    "$ref": "#/components/schemas/Freight"
                  },
                  "stage": {
                    "$ref": "#/components/schemas/StageName"
                  },
                  "gitops": {
                    "type": "object",
                    "required": [
                      "repository"
                    ],
                    "additionalProperties": false,
                    "properties": {
                      "repository": {
                        "type": "string",
                        "description": "The remote, exactly as the service was told that it may be used."
                      },
                      "commit": {
                        "anyOf": [
                          {
                            "$ref": "#/components/schemas/CommitId"
                          },
                          {
                            "type": "null"
                          }
                        ]
                      }
                    }
                  },
                  "rollback": {
                    "anyOf": [
                      {
                        "type": "boolean"
                      },
                      {
                        "type": "string",
                        "enum": [
                          "held"
                        ],
                        "description": "an older release may go to a stage that held it before, by digest"
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "key": {
                    "anyOf": [
                      {
                        "type": "string",
                        "description": "What the caller calls this attempt: the name of a Kargo promotion.",
                        "minLength": 1,
                        "maxLength": 253
                      },
                      {
                        "type": "null"
                      }
                    ]
                  }
                }
              },
              "RecordedRelease": {
                "type": "object",
                "required": [
                  "gitCommit",
                  "image",
                  "capsule"
                ],
                "properties": {
                  "gitCommit": {
                    "$ref": "#/components/schemas/CommitId"
                  },
                  "image": {
                    "type": "object",
                    "required": [
                      "repoURL",
                      "tag"
                    ],
                    "properties": {
                      "repoURL": {
                        "$ref": "#/components/schemas/Repository"
                      },
                      "tag": {
                        "$ref": "#/components/schemas/Tag"
                      },
                      "digest": {
                        "$ref": "#/components/schemas/Digest"
                      }
                    }
                  },
                  "capsule": {
                    "type": "object",
                    "required": [
                      "repoURL",
                      "tag",
                      "packageKind",
                      "packagePath"
                    ],
                    "properties": {
                      "repoURL": {
                        "type": "string"
                      },
                      "tag": {
                        "$ref": "#/components/schemas/Tag"
                      },
                      "digest": {
                        "$ref": "#/components/schemas/Digest"
                      },
                      "packageKind": {
                        "enum": [
                          "kustomize",
                          "helm"
                        ]
                      },
                      "packagePath": {
                        "type": "string"
                      },
                      "packageDigest": {
                        "$ref": "#/components/schemas/Digest"
                      }
                    }
                  }
                }
              },
              "Receipt": {
                "type": "object",
                "required": [
                  "schemaVersion",
                  "stage",
                  "branch",
                  "outcome",
                  "release",
                  "render",
                  "gates",
                  "attempts"
                ],
                "properties": {
                  "schemaVersion": {
                    "type": "string"
                  },
                  "stage": {
                    "$ref": "#/components/schemas/StageName"
                  },
                  "branch": {
                    "type": "string"
                  },
                  "outcome": {
                    "enum": [
                      "promoted",
                      "unchanged",
                      "review",
                      "refused",
                      "rejected",
                      "contended"
                    ]
                  },
                  "commit": {
                    "$ref": "#/components/schemas/CommitId"
                  },
                  "committed": {
                    "type": "string",
                    "description": "When that commit was made, RFC 3339."
                  },
                  "previousCommit": {
                    "$ref": "#/components/schemas/CommitId"
                  },
                  "release": {
                    "$ref": "#/components/schemas/RecordedRelease"
                  },
                  "previousRelease": {
                    "$ref": "#/components/schemas/RecordedRelease"
                  },
                  "render": {
                    "type": "object",
                    "required": [
                      "deployment",
                      "envType",
                      "namespace",
                      "gitops",
                      "renderer",
                      "digest"
                    ],
                    "properties": {
                      "deployment": {
                        "type": "string"
                      },
                      "envType": {
                        "type": "string"
                      },
                      "namespace": {
                        "type": "string"
                      },
                      "gitops": {
                        "$ref": "#/components/schemas/GitOpsCommit"
                      },
                      "renderer": {
                        "$ref": "#/components/schemas/Renderer"
                      },
                      "digest": {
                        "$ref": "#/components/schemas/Digest"
                      }
                    }
                  },
                  "gates": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Gate"
                    }
                  },
                  "review": {
                    "type": "object",
                    "required": [
                      "head",
                      "base"
                    ],
                    "properties": {
                      "head": {
                        "type": "string"
                      },
                      "base": {
                        "type": "string"
                      },
                      "url": {
                        "type": "string"
                      }
                    }
                  },
                  "reason": {
                    "type": "string"
                  },
                  "message": {
                    "type": "string",
                    "description": "The message of the commit that was made."
                  },
                  "attempts": {
                    "type": "integer"
                  }
                }
              },
              "Promotion": {
                "type": "object",
                "required": [
                  "id",
                  "state"
                ],
                "properties": {
                  "id": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{64}$"
                  },
                  "state": {
                    "enum": [
                      "running",
                      "done",
                      "rejected",
                      "failed"
                    ]
                  },
                  "reason": {
                    "type": "string"
                  },
                  "receipt": {
                    "$ref": "#/components/schemas/Receipt"
                  },
                  "report": {
                    "type": "object",
                    "properties": {
                      "checks": {
                        "type": "array",
                        "items": {
                          "$ref": "#/components/schemas/Check"
                        }
                      },
                      "gates": {
                        "type": "array",
                        "items": {
                          "$ref": "#/components/schemas/Gate"
                        }
                      },
                      "findings": {
                        "type": "array",
                        "items": {
                          "$ref": "#/components/schemas/Finding"
                        }
                      }
                    }
                  }
                }
              },
              "StatementRequest": {
                "type": "object",
                "required": [
                  "freight",
                  "stage",
                  "gitops"
                ],
                "additionalProperties": false,
                "properties": {
                  "freight": {
                    "$ref": "#/components/schemas/Freight"
                  },
                  "stage": {
                    "$ref": "#/components/schemas/StageName"
                  },
                  "gitops": {
                    "$ref": "#/components/schemas/GitOpsCommit"
                  }
                }
              },
              "Statement": {
                "type": "object",
                "required": [
                  "ok",
                  "stage"
                ],
                "properties": {
                  "ok": {
                    "type": "boolean"
                  },
                  "stage": {
                    "$ref": "#/components/schemas/StageName"
                  },
                  "commit": {
                    "$ref": "#/components/schemas/CommitId",
                    "description": "The commit of the stage branch."
                  },
                  "reason": {
                    "type": "string",
                    "description": "One line."
                  },
                  "statement": {
                    "type": "object",
                    "required": [
                      "outcome"
                    ],
                    "properties": {
                      "outcome": {
                        "enum": [
                          "added",
                          "present",
                          "missing"
                        ]
                      },
                      "attestation": {
                        "$ref": "#/components/schemas/Digest"
                      },
                      "reason": {
                        "type": "string"
                      }
                    }
                  },
                  "checks": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Check"
                    }
                  }
                }
              }
            }
          }
        }

        """#
}
