"""The sentences that Open WebUI's clients know, exactly (contract 1.1)."""

from __future__ import annotations

NOT_AUTHENTICATED = "Not authenticated"
NOT_FOUND = "We could not find what you're looking for :/"
UNAUTHORIZED = "401 Unauthorized"
ACCESS_PROHIBITED = "You do not have permission to access this resource. Please contact your administrator for assistance."
INVALID_TOKEN = "Your session has expired or the token is invalid. Please sign in again."
INVALID_CRED = "The email or password provided is incorrect. Please check for typos and try logging in again."
INVALID_EMAIL = (
    "The email format you entered is invalid. Please double-check and make sure you're using a valid email address (e.g., yourname@example.com)."
)
EMAIL_TAKEN = "Uh-oh! This email is already registered. Sign in with your existing account or choose another email to start anew."
KEY_NOT_FOUND = "Oops! It looks like there's a hiccup. The API key is missing. Please make sure to provide a valid API key to access this feature."
EMPTY_CONTENT = "The content provided is empty. Please ensure that there is text or data present before proceeding."
DUPLICATE_CONTENT = "Duplicate content detected. Please provide unique content to proceed."
FILE_NOT_PROCESSED = "Extracted content is not available for this file. Please ensure that the file is processed before proceeding."
MODEL_NOT_FOUND = "Model not found"


def default(text: str) -> str:
    """The sentence of an error that has none of its own."""
    return f"[ERROR: {text}]"
