"""OpenAPI documents to read: a help desk with everything that documents have, and the smallest one there is."""

from typing import Any

from knowledge.openapi import Catalogued
from knowledge.types import ActionSpec

DESK = """
openapi: 3.0.3
info: {title: Help desk, version: 2024-01-31}
servers:
  - url: https://{site}.example.com/api/
    variables: {site: {default: desk}}
x-lamplighter-on-behalf-of: X-On-Behalf-Of
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Api-Key}
  parameters:
    Username: {name: username, in: path, required: true, description: Who, schema: {type: string, minLength: 1}}
  schemas:
    Id: {type: integer, minimum: 0, exclusiveMinimum: true}
    Node:
      type: object
      properties:
        id: {$ref: '#/components/schemas/Id'}
        parent: {$ref: '#/components/schemas/Node'}
        children: {type: array, items: {$ref: '#/components/schemas/Node'}}
    Account:
      allOf:
        - {type: object, required: [username], properties: {username: {type: string}}}
        - {type: object, required: [state], properties: {state: {type: string, enum: [on, off], nullable: true}}}
    Loop: {$ref: '#/components/schemas/Loop'}
paths:
  /accounts/{username}:
    parameters:
      - $ref: '#/components/parameters/Username'
      - {name: X-On-Behalf-Of, in: header, required: true, schema: {type: string}}
      - {name: x-api-key, in: header, required: true, schema: {type: string}}
      - {name: verbose, in: query, schema: {type: boolean}}
    get:
      operationId: get-account
      summary: Look an account up.
      parameters: [{name: verbose, in: query, required: true, schema: {type: boolean}}]
      responses:
        default: {description: error}
        200:
          description: ok
          content: {application/json: {schema: {$ref: '#/components/schemas/Account'}}}
    delete:
      description: Deletes the account. It cannot be brought back.
      x-lamplighter-effect: irreversible
      responses: {204: {description: gone}}
  /accounts/{username}/lock:
    parameters: [{$ref: '#/components/parameters/Username'}]
    post: {operationId: lockAccount, summary: Lock account, x-lamplighter-compensation: unlockAccount, responses: {}}
  /accounts/{username}/unlock:
    parameters: [{$ref: '#/components/parameters/Username'}]
    post: {operationId: unlockAccount, summary: Lock account again, responses: {}}
  /nodes:
    put:
      operationId: put_node
      requestBody:
        required: true
        content: {application/json; charset=utf-8: {schema: {$ref: '#/components/schemas/Node'}}}
      responses:
        2XX: {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Loop'}}}}
  /search:
    post:
      x-lamplighter-effect: read
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [text, password]
              properties:
                id: {type: integer, readOnly: true}
                text: {type: string, description: What to look for}
                forwardTo: {type: string}
                url: {type: string, x-lamplighter-sensitive: false}
                password: {type: string}
      responses: {}
  /upload:
    post: {operationId: upload, requestBody: {required: true, content: {image/png: {}}}, responses: {}}
  /batch:
    post: {operationId: batch, requestBody: {required: true, content: {application/json: {schema: {type: array}}}}}
  /session:
    get: {operationId: session, parameters: [{name: sid, in: cookie, required: true}]}
  /reset:
    post: {operationId: reset, x-lamplighter-skip: true}
"""


def named(catalogued: Catalogued, name: str) -> ActionSpec:
    return next(action for action in catalogued.actions if action.name == name)


def changed(**changes: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "servers": [{"url": "http://h"}], "paths": {"/a": {"get": {}}}, **changes}
