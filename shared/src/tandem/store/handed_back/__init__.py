"""What was paid for requests that were handed back unanswered. Writer: postprocessor."""
