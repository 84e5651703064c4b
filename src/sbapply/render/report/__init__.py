"""Write reports: one document as Markdown, HTML, JUnit or JSON."""
