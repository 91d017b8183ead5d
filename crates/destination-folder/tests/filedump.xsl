<?xml version="1.0" encoding="utf-8"?>
<!-- Makes a FileDump of the conversations, the way stylesheets for Persistent Chat Server's own XML do: by the type of each message (others are left out). -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" encoding="utf-8" indent="yes"/>
  <xsl:template match="/Conversations">
    <FileDump>
      <xsl:apply-templates select="Conversation"/>
    </FileDump>
  </xsl:template>
  <xsl:template match="Conversation">
    <Conversation Perspective="{Channel/@name}">
      <RoomID><xsl:value-of select="Channel/@uri"/></RoomID>
      <StartTimeUTC><xsl:value-of select="floor(StartTimeUTC/@since1970 div 1000)"/></StartTimeUTC>
      <xsl:for-each select="Messages/Message">
        <xsl:choose>
          <xsl:when test="@type = 'JOIN'">
            <ParticipantEntered>
              <xsl:call-template name="who"/>
              <InternalFlag><xsl:value-of select="Sender/@internal"/></InternalFlag>
              <ConversationID><xsl:value-of select="../../Channel/@uri"/></ConversationID>
              <CorporateEmailID><xsl:value-of select="Sender/@email"/></CorporateEmailID>
            </ParticipantEntered>
          </xsl:when>
          <xsl:when test="@type = 'PART'">
            <ParticipantLeft>
              <xsl:call-template name="who"/>
            </ParticipantLeft>
          </xsl:when>
          <xsl:when test="@type = 'CHAT'">
            <Message MessageID="{@id}">
              <xsl:call-template name="who"/>
              <Content><xsl:value-of select="@content"/></Content>
            </Message>
          </xsl:when>
          <xsl:when test="@type = 'FILEUPLOAD' or @type = 'FILEDOWNLOAD'">
            <FileTransferStarted>
              <xsl:call-template name="who"/>
              <FileName><xsl:value-of select="@content"/></FileName>
            </FileTransferStarted>
            <FileTransferEnded>
              <xsl:call-template name="who"/>
              <FileName><xsl:value-of select="@content"/></FileName>
              <Status>Completed</Status>
            </FileTransferEnded>
          </xsl:when>
        </xsl:choose>
      </xsl:for-each>
      <EndTimeUTC><xsl:value-of select="floor(EndTimeUTC/@since1970 div 1000)"/></EndTimeUTC>
    </Conversation>
  </xsl:template>
  <xsl:template name="who">
    <LoginName><xsl:value-of select="Sender/@UserName"/></LoginName>
    <DateTimeUTC><xsl:value-of select="floor(DateTimeUTC/@since1970 div 1000)"/></DateTimeUTC>
  </xsl:template>
</xsl:stylesheet>
